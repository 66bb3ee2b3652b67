//! Shannon entropy.

/// Bits for each character of a text; 0 for an empty one.
pub fn entropy(text: &str) -> f64 {
    let mut counts: Vec<(char, u32)> = Vec::new();
    let mut total = 0u32;
    let mut ascii = [0u32; 128];
    for c in text.chars() {
        total += 1;
        match ascii.get_mut(c as usize) {
            Some(count) => *count += 1,
            None => match counts.iter().position(|(known, _)| *known == c) {
                Some(at) => counts[at].1 += 1,
                // A text of more letters than this is no secret; the work stays linear.
                None if counts.len() < 64 => counts.push((c, 1)),
                None => {}
            },
        }
    }
    let all = ascii.into_iter().chain(counts.into_iter().map(|(_, count)| count)).filter(|&count| count > 0);
    let share = |count: u32| f64::from(count) / f64::from(total.max(1));
    all.map(|count| -share(count) * share(count).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_a_character() {
        assert_eq!(entropy(""), 0.0);
        assert_eq!(entropy("aaaa"), 0.0);
        assert_eq!(entropy("abab"), 1.0);
        assert_eq!(entropy("abcdefgh"), 3.0);
        assert_eq!(entropy("éèéè"), 1.0);
    }
}
