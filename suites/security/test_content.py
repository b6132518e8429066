"""What was sent comes back as data, and never as a page (VAL-SEC-03)."""

import secrets
from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import quote, urlencode

import pytest

from fixtures.api import ProductApi, product_path
from fixtures.images import Image, make_image
from fixtures.products import Products
from fixtures.security.browser import DIALOG, Browser
from fixtures.security.findings import Findings
from fixtures.security.hostile_images import script_in_pixels
from fixtures.security.markup import markup
from fixtures.security.surface import Surface, is_active, must_be_inert, must_be_no_page
from fixtures.transport import Exchange

# Also what is to be refused might be written.
pytestmark = [pytest.mark.needs("writes"), pytest.mark.active]

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
MIB = 1024 * 1024


@pytest.mark.plan("VAL-SEC-03")
@pytest.mark.severity("blocker")
def test_stored_markup(api: ProductApi, products: Products, findings: Findings) -> None:
    """Products are made whose texts are markup, and read in every way.

    It comes back character for character, in JSON that no browser takes for a page.
    """
    for payload in markup(secrets.token_hex(4)):
        made = products.make(
            name=payload[:100],
            description=f"{products.mark} {payload}",
            variants=[{"sku": "v1", "name": payload[:100], "price": Decimal(1), "inventory": 1}],
        )
        product_id, category = made["product_id"], {"category": made["category"]}
        read = api.send("GET", product_path(product_id), headers=BROWSER)
        read.must_hold(
            {"name": payload[:100], "description": made["description"]},
            read.json_object("what was sent comes back as data"),
            "what was sent comes back as data",
        )
        answers = {
            "GET /v1.0/products/{product_id}": read,
            "GET /v1.0/products": api.send("GET", "/products", headers=BROWSER, params=category),
            "PUT /v1.0/products/{product_id}": api.update(product_id, {"name": payload[:100]}),
        }
        for where, answer in answers.items():
            must_be_inert(answer, findings, where, payload[:100])


@pytest.mark.plan("VAL-SEC-03")
@pytest.mark.severity("blocker")
def test_reflected_markup(api: ProductApi, surface: Surface, findings: Findings) -> None:
    """Markup is sent in every parameter, in paths, bodies and headers, as a browser would.

    Whatever is answered is JSON that no browser takes for a page.
    """
    root = surface.base_path
    for payload in markup(secrets.token_hex(4)):
        path = quote(payload, safe="")
        for name in ("q", "category", "min_price", "availability", "sort", "limit", "cursor"):
            answer = surface.ask(
                "api",
                f"{root}/products?{urlencode({name: payload})}",
                token=True,
                headers=BROWSER,
            )
            must_be_inert(answer, findings, f"GET /v1.0/products query {name}", payload)
        asked = {
            "GET /v1.0/products/{product_id} path product_id": f"/products/{path}",
            "GET /v1.0/products/{product_id}/image path product_id": f"/products/{path}/image",
        }
        for where, at in asked.items():
            answer = surface.ask("api", root + at, token=True, headers=BROWSER)
            must_be_inert(answer, findings, where, payload)
        body = api.send("POST", "/products", headers=BROWSER, json={"sku": payload, payload: 1})
        body.must(
            400 <= body.status < 500,
            "markup for a sku is refused",
            expected="400",
            actual=body.status,
        )
        must_be_inert(body, findings, "POST /v1.0/products body", payload)
        headers = {"User-Agent": payload, "Referer": payload, "X-Request-Id": payload}
        answer = surface.ask("api", f"{root}/products/absent", headers=BROWSER | headers)
        must_be_inert(answer, findings, "GET /v1.0/products/{product_id} headers", payload)


@pytest.mark.plan("VAL-SEC-03")
def test_error_pages(surface: Surface, findings: Findings) -> None:
    """Both hosts are asked for what is not there, by methods and with bodies that they refuse.

    What answers - handler, gateway or CDN - answers no page, least of all with markup in it.
    """
    payload = markup(secrets.token_hex(4))[0]
    for where, answer in _errors(surface, payload):
        answer.must(
            answer.status >= 400,
            "what is not there is refused",
            expected="an error",
            actual=answer.status,
        )
        must_be_inert(answer, findings, where, payload)
    # What lies outside the base path is not the service's own to answer.
    outside = surface.ask("api", f"/{quote(payload, safe='')}", headers=BROWSER)
    must_be_no_page(outside, findings, "GET outside the base path", payload)


def _errors(surface: Surface, payload: str) -> Iterator[tuple[str, Exchange]]:
    root, path = surface.base_path, quote(payload, safe="")
    json = {"Content-Type": "application/json"}

    def ask(where: str, method: str, at: str, **request: object) -> tuple[str, Exchange]:
        headers = {**BROWSER, **json} if "content" in request else BROWSER
        sent = {"headers": headers, **request}
        return where, surface.ask("api", root + at, method=method, token=True, **sent)  # type: ignore[arg-type]

    yield ask("GET what is not there", "GET", f"/{path}")
    yield ask("PATCH /v1.0/products", "PATCH", f"/products?{urlencode({'q': payload})}")
    yield ask("POST /v1.0/products/health", "POST", "/products/health", content=b"{}")
    yield ask("POST no JSON", "POST", "/products", content=f"{{{payload}".encode())
    page = {**BROWSER, "Content-Type": "text/html"}
    yield ask("POST a page", "POST", "/products", content=payload.encode(), headers=page)
    yield ask("POST 7 MiB", "POST", "/products", content=b'"' + b"x" * (7 * MIB) + b'"')
    yield ask("POST 11 MiB", "POST", "/products", content=b'"' + b"x" * (11 * MIB) + b'"')
    stranger = surface.ask("api", f"{root}/products/{path}", headers=BROWSER)
    yield "GET without a token", stranger
    for name in (f"{path}.html", f"products/{path}.svg", "index.html", ""):
        yield (
            "images host: GET what is not there",
            surface.ask("images", f"/{name}", headers=BROWSER),
        )
    for method in ("POST", "PUT", "DELETE"):
        refused = surface.ask(
            "images", f"/{path}", method=method, headers=BROWSER, content=payload.encode()
        )
        yield f"images host: {method}", refused


@pytest.mark.plan("VAL-SEC-03", "VAL-SEC-09")
def test_images_host_content(
    api: ProductApi, products: Products, surface: Surface, findings: Findings
) -> None:
    """Images, one of them a page to whoever reads its pixels so, are asked for as pages.

    By Accept, by a query that S3 itself knows and by another ending: an image is an image.
    """
    product_id = products.make()["product_id"]
    mark = secrets.token_hex(8)
    contents = (make_image("JPEG").content, make_image("WEBP").content, script_in_pixels(mark))
    for content in contents:
        uploaded = api.upload_image(product_id, Image("x.html", content, "text/html"))
        uploaded.must_answer(201, "an image is taken")
        path = surface.path(uploaded.json_object("an image is taken").get("image_url"))
        joint = "&" if "?" in path else "?"
        for asked in (
            path,
            f"{path}{joint}response-content-type=text/html",
            f"{path}{joint}x=/page.html",
            f"{path}/page.html",
        ):
            answer = surface.ask("images", asked, headers=BROWSER)
            if asked == path:
                answer.must_answer(200, "an image is delivered")
            if answer.status < 400 and is_active(answer):
                findings.report(
                    "images-active-content",
                    where="images host",
                    evidence=f"content type {answer.headers.get('Content-Type', '(none)')} "
                    f"for …{asked.removeprefix(path)}",
                    key=asked.removeprefix(path),
                    exchange=answer,
                )
            else:
                must_be_inert(answer, findings, "images host")


@pytest.mark.plan("VAL-SEC-03")
@pytest.mark.severity("blocker")
def test_no_script_runs(
    api: ProductApi,
    products: Products,
    surface: Surface,
    browser: Browser,
    findings: Findings,
) -> None:
    """A real browser opens products, errors and images that are made of scripts.

    The same scripts run in a page of the harness's own, and nowhere else.
    """
    mark, control = secrets.token_hex(8), secrets.token_hex(8)
    browser.must_run_scripts(markup(control), control)
    payloads = markup(mark)
    made = products.make(name=payloads[0][:100], description=f"{products.mark}{payloads}")
    hidden = api.upload_image(
        made["product_id"], Image("x.html", script_in_pixels(mark), "text/html")
    )
    hidden.must_answer(201, "an image is taken")
    root = surface.base_path
    opened = {
        "GET /v1.0/products/{product_id}": f"{root}{product_path(made['product_id'])}",
        "GET /v1.0/products": f"{root}/products?{urlencode({'category': made['category']})}",
        "GET /v1.0/products query q": f"{root}/products?{urlencode({'q': payloads[0][:100]})}",
    }
    for number, payload in enumerate(payloads):
        opened[f"query limit {number}"] = f"{root}/products?{urlencode({'limit': payload})}"
        opened[f"path {number}"] = f"{root}/products/{quote(payload, safe='')}"
    urls = {where: surface.url("api", path) for where, path in opened.items()}
    urls["images host"] = str(hidden.json_object("an image is taken").get("image_url"))
    urls["images host, absent"] = surface.url("images", f"/{quote(payloads[0], safe='')}.svg")
    for where, url in urls.items():
        surface.path(url) if where == "images host" else None
        if mark in (ran := browser.open(url)) or DIALOG in ran:
            findings.report("script-ran", where=where, evidence=f"{ran} ran", key=where)
