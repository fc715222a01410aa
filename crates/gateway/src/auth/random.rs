//! Random bytes from the operating system's cryptographic source.

use super::error::AuthenticationError;

/// Draws `N` unpredictable bytes: nonces, salts, MD5 challenges, cancel keys.
///
/// # Errors
/// [`AuthenticationError::RandomUnavailable`] when the operating system refuses. There is no weaker
/// source to fall back to: a predictable nonce lets a recorded login be replayed.
pub fn secure_random<const N: usize>() -> Result<[u8; N], AuthenticationError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| AuthenticationError::RandomUnavailable)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        assert_ne!(secure_random::<32>().unwrap(), secure_random::<32>().unwrap());
    }
}
