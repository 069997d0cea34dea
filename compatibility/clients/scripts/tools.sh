#!/bin/bash
# Kafka's command line tools, one after the other; prints `feature: outcome` for each. Environment: BOOTSTRAP,
# SEAL_URL (empty for Kafka), JAVA, TOOLS (class path), LOG4J (configuration file).
set -u
server=(--bootstrap-server "$BOOTSTRAP")
tool() { # tool <class> <arguments...>: stdout and stderr, without the log and the server's address
    local class=$1
    shift
    timeout 60 "$JAVA" -Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \
        -Dlog4j2.configurationFile="$LOG4J" -Dpeer.loglevel=OFF -cp "$TOOLS" "$class" "$@" 2>&1 |
        grep -vE '^(WARNING|OpenJDK)' | sed "s/$BOOTSTRAP/SERVER/g"
}
topics() { tool org.apache.kafka.tools.TopicCommand "${server[@]}" "$@"; }
groups() { tool org.apache.kafka.tools.consumer.group.ConsumerGroupCommand "${server[@]}" "$@"; }
configs() { tool kafka.admin.ConfigCommand "${server[@]}" "$@"; }
feature() { # feature <name>: its outcome is on stdin, made one line
    printf '%s: %s\n' "$1" "$(tr '\n\t' '; ' | tr -s ' ;' | sed 's/[; ]*$//')"
}
ids() { sed -E 's/TopicId: \S+/TopicId: ID/; s/Configs: .*//'; }
seal() { [ -z "${SEAL_URL:-}" ] || curl -sf --retry 50 --retry-delay 1 -X POST "$SEAL_URL" >/dev/null; }

{
    topics --create --topic tools --partitions 2
    topics --create --topic tools --partitions 2
    topics --describe --topic tools | ids
    topics --alter --topic tools --partitions 3
    sleep 1
    topics --describe --topic tools | ids
    topics --list | grep tools
    topics --describe --topic none
} | feature topics
{
    configs --alter --entity-type topics --entity-name tools --add-config retention.ms=3600000
    sleep 1
    configs --describe --entity-type topics --entity-name tools | sed 's/synonyms=.*//'
    configs --alter --entity-type topics --entity-name tools --delete-config retention.ms
    sleep 1
    configs --describe --entity-type topics --entity-name tools | sed 's/synonyms=.*//'
    configs --alter --entity-type topics --entity-name tools --add-config retention.ms=abc | grep -o 'Invalid.*' | head -1
    configs --describe --entity-type brokers --entity-name 1 | head -1
} | feature configs
tool org.apache.kafka.tools.VerifiableProducer --bootstrap-server "$BOOTSTRAP" --topic tools --max-messages 300 --acks -1 |
    grep -o '"name":"tool_data.*' | sed -E 's/"(avg|target)_throughput":[^,}]*,?//g' | feature 'verifiable producer'
seal
tool org.apache.kafka.tools.VerifiableConsumer --bootstrap-server "$BOOTSTRAP" --topic tools --group-id verifiable \
    --max-messages 300 --reset-policy earliest |
    sed -nE 's/.*"name":"offsets_committed".*"success":(true|false).*/committed \1/p; s/.*"name":"records_consumed".*"count":([0-9]+),.*/\1/p' |
    awk '/committed/ { committed = $0 } !/committed/ { sum += $1 } END { print sum " consumed, " committed }' | feature 'verifiable consumer'
{
    seq 1 50 | sed 's/.*/k&:v&/' | tool org.apache.kafka.tools.ConsoleProducer "${server[@]}" --topic tools \
        --reader-property parse.key=true --reader-property key.separator=:
    tool org.apache.kafka.tools.consumer.ConsoleConsumer "${server[@]}" --topic tools --from-beginning \
        --max-messages 350 --timeout-ms 30000 --formatter-property print.key=true | sort | cksum
} | feature 'console producer and consumer'
tool org.apache.kafka.tools.GetOffsetShell "${server[@]}" --topic tools --time -1 |
    awk -F: '{ sum += $3 } END { print NR " partitions, " sum " records" }' | feature 'get offsets'
tool org.apache.kafka.tools.GetOffsetShell "${server[@]}" --topic tools --time earliest | sort | feature 'get earliest offsets'
{
    groups --list | grep verifiable
    groups --describe --group verifiable | awk '{ print $1, $2 }' | sort -u # the producer chose the partitions
    groups --describe --group verifiable --state | awk '/verifiable/ { print $1, $4, $NF }'
    groups --group verifiable --topic tools --reset-offsets --to-earliest --execute | awk '{ print $1, $2, $3, $4 }' | sort
    groups --group verifiable --topic tools --delete-offsets | sort
    groups --group verifiable --delete
    groups --describe --group verifiable | grep -vE '^\s+at |ExecutionException|^Caused by'
} | feature 'consumer groups'
{
    file=$(mktemp)
    echo '{"partitions":[{"topic":"tools","partition":0,"offset":10},{"topic":"tools","partition":1,"offset":1000000}],"version":1}' >"$file"
    tool org.apache.kafka.tools.DeleteRecordsCommand "${server[@]}" --offset-json-file "$file" | sort
    rm -f "$file"
    tool org.apache.kafka.tools.GetOffsetShell "${server[@]}" --topic tools --time earliest | sort
} | feature 'delete records'
tool org.apache.kafka.tools.LogDirsCommand "${server[@]}" --describe --topic-list tools | grep version |
    sed -E 's/"size":[0-9]+/"size":N/g; s/"logDir":"[^"]*"/"logDir":"DIR"/g; s/\{[^{}]*"partition":"tools-([0-9])"[^{}]*\}/tools-\1/g' | feature 'log directories'
{
    tool org.apache.kafka.tools.TransactionsCommand "${server[@]}" list | head -1
    tool org.apache.kafka.tools.TransactionsCommand "${server[@]}" describe-producers --topic tools --partition 2 | head -1
    tool org.apache.kafka.tools.TransactionsCommand "${server[@]}" describe --transactional-id none | tail -1
    tool org.apache.kafka.tools.TransactionsCommand "${server[@]}" find-hanging --broker-id 1 | head -1
} | feature transactions
tool org.apache.kafka.tools.BrokerApiVersionsCommand "${server[@]}" | grep -cE 'usable|UNSUPPORTED' | sed 's/.*/listed/' | feature 'broker API versions'
{
    tool org.apache.kafka.tools.ClusterTool cluster-id "${server[@]}" | sed 's/: .*/: ID/'
    tool org.apache.kafka.tools.ClusterTool list-endpoints "${server[@]}" | awk '{ print $1, $4, $6 }'
} | feature cluster
tool org.apache.kafka.tools.FeatureCommand "${server[@]}" describe | sed -E 's/Epoch: [0-9]+/Epoch: N/; s/\s+/ /g' | sort | feature features
{
    topics --delete --topic tools
    sleep 1
    topics --list | grep -c '^tools$'
} | feature 'delete a topic'
