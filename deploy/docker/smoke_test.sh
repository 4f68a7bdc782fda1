# A sale of one seat through the gateway. To be sourced.

# sell_a_seat URL EMAIL FILE: at this gateway, where EMAIL is an admin whose password is in the file
sell_a_seat() {
    gateway_url=$1
    local admin user tickets
    admin=$(ask /user/login/ "" '{"email":"'"$2"'","password":"'"$(cat "$3")"'"}' | field token)
    ask /user/register/ "" '{"name":"Ada","email":"ada@example.com","password":"correct horse"}' >/dev/null
    user=$(log_in_ada)
    ask /event/ "$admin" '{"name":"A","unix_time":1900000000,"address":"B","description":"C","seat_count":2}' >/dev/null
    event=$(ask /event/ "$user" | field id)
    tickets=$(ask /ticket/reserve/ "$user" '{"event_id":"'"$event"'","count":1}' | field ticket_ids)
    ask /ticket/book/ "$user" '{"ticket_ids":'"$tickets"'}' >/dev/null
    seat_is_sold || fail "the seat is not among the bookings"
    pass "a seat was sold through all of them"
}

# seat_is_sold: whether the seat that was sold is still among the buyer's bookings
seat_is_sold() { ask /user/bookings/ "$(log_in_ada)" | grep -q "$event"; }

log_in_ada() { ask /user/login/ "" '{"email":"ada@example.com","password":"correct horse"}' | field token; }

# ask PATH TOKEN [BODY]
ask() { curl -sSf --max-time 10 "$gateway_url$1" -H "Authorization: Bearer $2" ${3:+-d "$3"}; }

field() { sed "s/.*\"$1\":\(\"\([^\"]*\)\"\|\(\[[^]]*\]\)\).*/\2\3/"; }
