#!/bin/sh
# Prints what to start: the service in one bundle, made anew where its sources have changed since; without a bundle the
# sources themselves.
bundle=node_modules/.cache/adl-bundle
sources=$(find src scripts/bundle.ts package-lock.json -type f -print | LC_ALL=C sort | xargs cksum | cksum)
if [ "$(cat $bundle/sources.cksum 2>/dev/null)" != "$sources" ] && node scripts/bundle.ts >&2; then
  echo "$sources" >$bundle/sources.cksum
fi
[ "$(cat $bundle/sources.cksum 2>/dev/null)" = "$sources" ] && echo $bundle/main.mjs || echo src/main.ts
