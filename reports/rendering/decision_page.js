"use strict";
// Filters what stands in rows, and opens what a link leads to. Nothing is fetched or stored.
(() => {
  const form = document.getElementById("filter");
  const search = document.getElementById("search");
  const told = document.getElementById("shown");
  const rows = [...document.querySelectorAll("[data-state]")].map((row) => ({
    row,
    state: row.dataset.state,
    text: row.textContent.toLowerCase(),
  }));
  const groups = [...document.querySelectorAll("[data-group]")];
  const open = new Set(["fail", "no evidence", "inconclusive", "pending"]);

  const filter = () => {
    const wanted = form.elements.state.value;
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const filtering = wanted !== "all" || words.length > 0;
    let shown = 0;
    for (const { row, state, text } of rows) {
      const right = wanted === "all" || (wanted === "open" ? open.has(state) : state === wanted);
      row.hidden = !(right && words.every((word) => text.includes(word)));
      shown += row.hidden ? 0 : 1;
    }
    for (const group of groups) {
      const any = group.querySelector("[data-state]:not([hidden])") !== null;
      group.hidden = filtering && !any;
      if (filtering && any) {
        for (const one of group.querySelectorAll("details[data-part]")) one.open = true;
        if (group.matches("details")) group.open = true;
      }
    }
    told.textContent = `${shown} of ${rows.length} lines shown`;
  };

  const follow = () => {
    let name;
    try {
      name = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    const target = name && document.getElementById(name);
    if (!target) return;
    if (target.closest("[hidden]")) {
      form.reset();
      filter();
    }
    for (let up = target; up; up = up.parentElement) {
      if (up.matches("details")) up.open = true;
    }
    target.setAttribute("tabindex", "-1");
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "start" });
  };

  let closed = [];
  addEventListener("beforeprint", () => {
    closed.push(...document.querySelectorAll("details:not([open])"));
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
    closed = [];
  });
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", follow);
  form.hidden = false;
  filter();
  follow();
})();
