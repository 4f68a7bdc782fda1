# Runs one server and ends it on the command of its owner, who holds the other end of standard input, or when the owner is gone.
# supervise.sh STOP_SIGNAL KILL_SIGNAL GRACE_SECONDS FOLDER_TO_REMOVE COMMAND...
stop=$1 kill=$2 grace=$3 remove=$4
shift 4

exec 3<&0 </dev/null
"$@" 3<&- >&2 &
server=$!
echo "$server"
exec >&2

(
    command=gone
    read -r command <&3 || command=gone
    trap '' TERM
    signal=$stop
    # A server whose data is removed anyway need not stop gracefully.
    if [ "$command" = kill ] || { [ "$command" = gone ] && [ -n "$remove" ]; }; then
        signal=$kill
    fi
    kill -s "$signal" "$server"
    left=$((grace * 20))
    while kill -0 "$server" && [ "$left" -gt 0 ]; do
        sleep 0.05
        left=$((left - 1))
    done
    kill -0 "$server" && kill -s KILL "$server"
    # When the owner is gone, nobody else removes it.
    if [ "$command" = gone ] && [ -n "$remove" ]; then
        rm -rf -- "$remove"
    fi
) 2>/dev/null &
watcher=$!

wait "$server"
status=$?
# Ends a watcher that is still reading; one that has begun to stop the server ignores the signal and finishes.
kill -s TERM "$watcher" 2>/dev/null
wait "$watcher"
exit "$status"
