#!/bin/sh
# Prints what to start, for `service/main` or `command/adl`: a bundle, made anew where its sources have changed since;
# without one the sources themselves. A bundle has a name of its own, so that a running service keeps its files.
bundles=node_modules/.cache/adl-bundle
sources=$(find src scripts/bundle.ts package-lock.json -type f -print | LC_ALL=C sort | xargs cksum | cksum | tr ' ' -)
bundle=$bundles/$sources
if [ ! -d "$bundle" ] && mkdir -p $bundles && node scripts/bundle.ts "$bundle" >&2; then
  for old in $(ls -t $bundles | grep -v unfinished | tail -n +4); do rm -rf "${bundles:?}/$old"; done
fi
[ -d "$bundle" ] && echo "$bundle/$1.mjs" || echo "src/${1#*/}.ts"
