#!/bin/sh
# Stands in for k6: runs it with the same arguments and writes down what it was and what it cost
# (GATE_LOAD_MACHINE), since k6 itself cannot say whether its machine was too small for the load.
# K6_PROGRAM names the k6 that it runs; in the image of grafana/k6 that is /usr/bin/k6.
set -u
k6=${K6_PROGRAM:-/usr/bin/k6}
if [ "${1:-}" != run ] || [ -z "${GATE_LOAD_MACHINE:-}" ]; then
  exec "$k6" "$@"
fi

# Cores that it may use: the quota of its container, or those of the machine.
cores=$(nproc)
if [ -r /sys/fs/cgroup/cpu.max ]; then
  cores=$(awk -v n="$cores" '$1 != "max" && $1 / $2 < n { n = $1 / $2 } END { print n }' \
    /sys/fs/cgroup/cpu.max)
fi
ticks_a_second=$(getconf CLK_TCK 2>/dev/null || echo 100)
version=$("$k6" version | sed -n 's/^k6[a-z.]* v\([^ ]*\).*/\1/p')
digest=$(sha256sum "$(command -v "$k6")" | cut -d ' ' -f 1)

started=$(date +%s)
"$k6" "$@" &
pid=$!
trap 'kill -TERM "$pid" 2>/dev/null' INT TERM

# User and system time, in ticks: fields 14 and 15 of the line, counted behind the name.
used() {
  sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | awk '{ print $12 + $13 }'
}

before=$(used)
at=0
busiest=0
while kill -0 "$pid" 2>/dev/null; do
  sleep 1
  at=$((at + 1))
  if [ "$at" -eq 10 ]; then
    now=$(used)
    if [ -n "$now" ] && [ -n "$before" ]; then
      busiest=$(awk -v b="$busiest" -v t="$((now - before))" -v s="$ticks_a_second" -v c="$cores" \
        'BEGIN { share = t / s / 10 / c; print (share > b ? share : b) }')
    fi
    before=$now
    at=0
  fi
done
wait "$pid"
code=$?

# The second line of `times` is what all children used; nothing else here uses any to speak of.
times > "$GATE_LOAD_MACHINE.tmp" # a pipe would have children of its own
cpu=$(sed -n 2p "$GATE_LOAD_MACHINE.tmp" | tr 'ms' '  ' \
  | awk '{ print 60 * $1 + $2 + 60 * $3 + $4 }')
if [ "$(($(date +%s) - started))" -lt 10 ]; then
  busiest=$(awk -v t="$cpu" -v s="$(($(date +%s) - started))" -v c="$cores" \
    'BEGIN { print t / (s > 0 ? s : 1) / c }')
fi
printf '{"schema":"promotion-gate/machine/1","program":"k6 %s","program_digest":"sha256:%s",' \
  "$version" "$digest" > "$GATE_LOAD_MACHINE.tmp"
printf '"exit_code":%d,"started":%d,"ended":%d,"cpus":%s,"cpu_s":%s,"busiest":%s}\n' \
  "$code" "$started" "$(date +%s)" "$cores" "$cpu" "$busiest" >> "$GATE_LOAD_MACHINE.tmp"
mv "$GATE_LOAD_MACHINE.tmp" "$GATE_LOAD_MACHINE"
exit "$code"
