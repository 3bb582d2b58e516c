#!/bin/sh
# npm before 10, as Debian 12 has it, does not link the Node that the packages bring.
modules=$(dirname "$0")/../node_modules
for node in "$modules"/node-*/bin/node; do
  if [ -x "$node" ] && [ ! -e "$modules/.bin/node" ]; then ln -s "../${node#"$modules"/}" "$modules/.bin/node" 2>/dev/null; fi
done
if version=$(node --version 2>/dev/null); then
  major=${version#v}
  [ "${major%%.*}" -ge 26 ] && exit 0
  echo "Node 26 is not installed here, and the system has $version: run npm ci first." >&2
  exit 1
fi
# It wants one library that a bare Debian lacks. Put there where we may, named where not.
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo 'Node 26 needs the system library libatomic1: installing it from the packages of the system.'
  export DEBIAN_FRONTEND=noninteractive
  { apt-get install -y -qq libatomic1 || { apt-get update -qq && apt-get install -y -qq libatomic1; }; } >/dev/null 2>&1
  node --version >/dev/null 2>&1 && exit 0
fi
echo 'Node 26 cannot run here; it said:' >&2
node --version >&2
echo 'If it names libatomic.so.1: apt-get install libatomic1 (Debian, Ubuntu), dnf install libatomic (Fedora).' >&2
exit 1
