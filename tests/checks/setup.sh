#!/bin/bash
# Installs the Debian packages of the groups named (build test bench ci) that are missing.
# Says and does nothing where all are there. Services that come with a package are neither started
# nor enabled: the tests start their own servers on ports of their own.
set -euo pipefail

list="$(dirname "${BASH_SOURCE[0]}")/packages"

missing() {
  local group=$1 package
  for package in $(awk -v group="$group" '$1 == group { $1 = ""; print }' "$list"); do
    # Some packages of Node bring npm themselves, and exclude Debian's.
    [[ $package != npm ]] || ! command -v npm >/dev/null || continue
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done
}

as_root() {
  if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

if ! command -v dpkg-query >/dev/null; then
  echo "not a Debian system: install what $list names yourself" >&2
  exit 0
fi
packages=$(for group in "$@"; do missing "$group"; done | sort -u)
[[ -n $packages ]] || exit 0

# shellcheck disable=SC2086  # a list of words
set -- $packages
echo "installing: $*" >&2
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  trap 'as_root rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod +x "$policy"
fi
install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}
# The package lists on the machine may do; where they are missing or old, fetch them and try again.
install "$@" >/dev/null 2>&1 || { as_root apt-get update -q && install "$@"; } >&2
for service in redis-server nginx; do
  [[ " $* " != *" $service"* ]] || as_root update-rc.d "$service" disable
done
