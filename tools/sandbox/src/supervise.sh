# Runs one server and ends it when its owner says so, or is gone: the owner holds the other end of standard input.
# supervise.sh STOP_SIGNAL KILL_SIGNAL GRACE_SECONDS FOLDER_TO_REMOVE COMMAND...
stop=$1 kill=$2 grace=$3 remove=$4
shift 4

exec 3<&0 </dev/null
"$@" 3<&- >&2 &
server=$!
echo "$server"
exec >&2

(
    word=gone
    read -r word <&3 || word=gone
    trap '' TERM
    signal=$stop
    # What is thrown away needs no good order.
    if [ "$word" = kill ] || { [ "$word" = gone ] && [ -n "$remove" ]; }; then
        signal=$kill
    fi
    kill -s "$signal" "$server"
    left=$((grace * 20))
    while kill -0 "$server" && [ "$left" -gt 0 ]; do
        sleep 0.05
        left=$((left - 1))
    done
    kill -0 "$server" && kill -s KILL "$server"
    # Once the owner is gone nobody else does this.
    if [ "$word" = gone ] && [ -n "$remove" ]; then
        rm -rf -- "$remove"
    fi
) 2>/dev/null &
watcher=$!

wait "$server"
status=$?
# Ends a watcher that still listens; one that has begun to stop the server ignores it and finishes.
kill -s TERM "$watcher" 2>/dev/null
wait "$watcher"
exit "$status"
