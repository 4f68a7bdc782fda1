# A smoke test: the sale of one seat through the gateway. To be sourced, with deploy/tests/testing.sh.

# sell_a_seat URL EMAIL FILE: sells a seat through the gateway at URL; EMAIL is an admin whose password is in the file
sell_a_seat() {
    gateway_url=$1
    local admin user tickets
    admin=$(request /user/login/ "" '{"email":"'"$2"'","password":"'"$(cat "$3")"'"}' | field token)
    request /user/register/ "" '{"name":"Ada","email":"ada@example.com","password":"correct horse"}' >/dev/null
    user=$(log_in_ada)
    request /event/ "$admin" '{"name":"A","unix_time":1900000000,"address":"B","description":"C","seat_count":2}' >/dev/null
    event=$(request /event/ "$user" | field id)
    tickets=$(request /ticket/reserve/ "$user" '{"event_id":"'"$event"'","count":1}' | field ticket_ids)
    request /ticket/book/ "$user" '{"ticket_ids":'"$tickets"'}' >/dev/null
    seat_is_sold || fail "the seat is not among the bookings"
    pass "a seat was sold through all components"
}

# seat_is_sold: whether the sold seat is still among the buyer's bookings
seat_is_sold() { request /user/bookings/ "$(log_in_ada)" | grep -q "$event"; }

log_in_ada() { request /user/login/ "" '{"email":"ada@example.com","password":"correct horse"}' | field token; }

# request PATH TOKEN [BODY]
request() { curl -sSf --max-time 10 "$gateway_url$1" -H "Authorization: Bearer $2" ${3:+-d "$3"}; }

field() { sed "s/.*\"$1\":\(\"\([^\"]*\)\"\|\(\[[^]]*\]\)\).*/\2\3/"; }
