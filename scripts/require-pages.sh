#!/bin/sh
# Builds the pages where there are none, or their sources have changed since. Without them the service starts all the
# same, and has no pages.
[ -f web/build/write-pages.ts ] || exit 0
sources=$(find web client/src src/flows/link-pages/pages package-lock.json \
  \( -path web/dist -o -path web/dist.unfinished \) -prune -o -type f -print | LC_ALL=C sort | xargs cksum | cksum)
[ "$(cat web/dist/sources.cksum 2>/dev/null)" = "$sources" ] && exit 0
if node web/build/write-pages.ts; then
  echo "$sources" >web/dist/sources.cksum
else
  echo 'The pages could not be built; the service has none.' >&2
fi
exit 0
