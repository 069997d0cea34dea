#!/bin/bash
# kcat, which is librdkafka; prints `feature: outcome` for each feature. Environment: BOOTSTRAP, SEAL_URL.
set -u
quiet() { timeout 40 kcat -b "$BOOTSTRAP" -q "$@" 2>&1; }
feature() { printf '%s: %s\n' "$1" "$(tr '\n' ';' | sed 's/;*$//')"; }
lines() { seq "$1" "$2" | sed 's/.*/k&:value &/'; }
sum() { sort | cksum | tr -d '\n'; }

quiet -L -t kcat >/dev/null # creates the topic where topics are created when asked for
sleep 1
{ quiet -L -t kcat | sed -E 's/^.*broker [0-9]+ at .*/broker/; s/\(from .*\)//'; } | grep -E 'topic|partition' | feature metadata
{
    lines 1 300 | quiet -P -t kcat -p 0 -K: -H h=1 -X acks=all
    [ -z "${SEAL_URL:-}" ] || curl -sf --retry 50 --retry-delay 1 -X POST "$SEAL_URL" >/dev/null
    lines 301 400 | quiet -P -t kcat -p 0 -K: -X enable.idempotence=true
    echo "exit $?"
} | feature produce
for codec in gzip snappy lz4 zstd; do
    lines 1 50 | quiet -P -t kcat -p 0 -K: -z $codec
    echo "$codec $?"
done | feature compression
quiet -C -t kcat -p 0 -o beginning -e -f '%p %o %k %s %h\n' | sum | feature 'consume by assign'
quiet -C -t kcat -p 0 -o -10 -e -f '%o\n' | feature 'consume the last ten'
quiet -C -t kcat -p 0 -o 295 -c 10 -f '%o ' | feature 'consume across the tiers'
{
    timeout 60 kcat -b "$BOOTSTRAP" -q -G kcat-group -e -o beginning -X auto.offset.reset=earliest -f '%o\n' kcat 2>/dev/null | wc -l
    timeout 20 kcat -b "$BOOTSTRAP" -q -G kcat-group -e -f '%o\n' kcat 2>/dev/null | wc -l
} | feature 'consumer group'
quiet -Q -t kcat:0:0 | feature 'offsets by time'
{
    lines 1 1 | quiet -P -t kcat -p 9 -X message.timeout.ms=5000 >/dev/null
    echo "unknown partition: exit ${PIPESTATUS[1]}"
    quiet -C -t kcat -p 0 -o 1000000 -e -X auto.offset.reset=error | grep -oi 'out of range' | head -1
} | feature errors
