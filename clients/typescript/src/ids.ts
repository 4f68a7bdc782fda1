// What the id of a ticket says: it is its event's with the number of the seat in place of the last eight zeros.

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const SEAT_DIGITS = 8;

/** The UUID in lower case; throws a `TypeError` unless it is a hyphenated one. */
export function checkedUuid(text: string): string {
  if (!UUID.test(text)) {
    throw new TypeError("not a hyphenated UUID");
  }
  return text.toLowerCase();
}

/** The id of the ticket's event; throws a `TypeError` if this is not the id of a ticket. */
export function eventOf(ticketId: string): string {
  return parts(ticketId).event + "0".repeat(SEAT_DIGITS);
}

/** The number of the ticket's seat, from 1; throws a `TypeError` if this is not the id of a ticket. */
export function seatOf(ticketId: string): number {
  return parts(ticketId).seat;
}

function parts(ticketId: string): { event: string; seat: number } {
  const uuid = checkedUuid(ticketId);
  const seat = Number.parseInt(uuid.slice(-SEAT_DIGITS), 16);
  if (seat === 0) {
    throw new TypeError("the id of an event, not of a ticket");
  }
  return { event: uuid.slice(0, -SEAT_DIGITS), seat };
}
