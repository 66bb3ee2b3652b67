//! Packed files for tests, written without a packer: what reads them is somebody else's code.

/// A gzip member of one stored block (RFC 1951, RFC 1952).
///
/// # Panics
///
/// When the data is longer than a stored block can be (65,535 bytes).
pub fn gzip(data: &[u8]) -> Vec<u8> {
    let mut crc = !0u32;
    for byte in data {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let Ok(length) = u16::try_from(data.len()) else { panic!("a stored block holds at most 65,535 bytes") };
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    out.extend(length.to_le_bytes());
    out.extend((!length).to_le_bytes());
    out.extend(data);
    out.extend((!crc).to_le_bytes());
    out.extend(u32::from(length).to_le_bytes());
    out
}
