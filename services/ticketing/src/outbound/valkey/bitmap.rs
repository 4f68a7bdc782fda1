//! Seats as bits: one a seat, the first seat's the highest of the first byte, as SETBIT counts them.

use booked_ids::SeatNumber;

/// The bitmap in which these seats' bits are set.
pub(super) fn of(seats: &[SeatNumber]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for seat in seats {
        let bit = seat.get() - 1;
        let Ok(at) = usize::try_from(bit / 8) else { continue };
        if bytes.len() <= at {
            bytes.resize(at + 1, 0);
        }
        bytes[at] |= 0x80 >> (bit % 8);
    }
    bytes
}

/// The seats whose bits are set in a piece of a bitmap that begins with the bit of this seat.
pub(super) fn seats(bytes: &[u8], first: u32) -> impl Iterator<Item = SeatNumber> {
    let bits = bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte & (0x80 >> bit) != 0));
    (first..).zip(bits).filter(|(_, is_set)| *is_set).filter_map(|(number, _)| SeatNumber::new(number))
}

#[cfg(test)]
mod tests {
    use super::{SeatNumber, of, seats};

    #[test]
    fn seats_survive_the_way_into_bits_and_back() {
        let some: Vec<SeatNumber> = [1, 8, 9, 16, 1_000].into_iter().filter_map(SeatNumber::new).collect();
        assert_eq!(of(&some)[..2], [0b1000_0001, 0b1000_0001]);
        assert_eq!(seats(&of(&some), 1).collect::<Vec<_>>(), some);
    }
}
