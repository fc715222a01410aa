//! Bytes on their way out, kept as one range of the input for as long as that is what they are.
//!
//! Most replies go on exactly as they came. Such a reply is written from the receive buffer without a copy;
//! only when something is inserted or left out are the bytes gathered.

/// Where one direction's bytes go.
#[derive(Debug)]
pub struct Output<'input, 'buffer> {
    input: &'input [u8],
    start: usize,
    end: usize,
    buffer: &'buffer mut Vec<u8>,
}

impl<'input, 'buffer> Output<'input, 'buffer> {
    /// Begin with `input`, gathering behind what `buffer` already holds.
    pub fn new(input: &'input [u8], buffer: &'buffer mut Vec<u8>) -> Self {
        Self { input, start: 0, end: 0, buffer }
    }

    /// Send `input[from..to]` on unchanged.
    #[inline]
    pub fn forward(&mut self, from: usize, to: usize) {
        // What stands in the input begins where the buffer is empty.
        if self.start != self.end && self.end == from {
            self.end = to;
        } else if self.start == self.end && self.buffer.is_empty() {
            (self.start, self.end) = (from, to);
        } else {
            self.copy(from, to);
        }
    }

    fn copy(&mut self, from: usize, to: usize) {
        self.gather();
        self.buffer.extend_from_slice(self.input.get(from..to).unwrap_or(&[]));
    }

    /// Send what `write` appends.
    pub fn insert(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.gather();
        write(self.buffer);
    }

    /// The part of the input to be written as it stands; empty when the buffer holds everything.
    pub fn direct(&self) -> &'input [u8] {
        self.input.get(self.start..self.end).unwrap_or(&[])
    }

    /// [`Self::direct`], and the buffer that holds what is not in it.
    pub fn into_parts(self) -> (&'input [u8], &'buffer mut Vec<u8>) {
        (self.direct(), self.buffer)
    }

    /// Move everything into the buffer.
    pub fn gather(&mut self) {
        if self.start != self.end {
            self.buffer.extend_from_slice(self.direct());
            (self.start, self.end) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Output;

    #[test]
    fn neighbouring_ranges_stay_in_place() {
        let mut buffer = Vec::new();
        let mut output = Output::new(b"abcdef", &mut buffer);
        output.forward(1, 3);
        output.forward(3, 5);
        assert_eq!(output.direct(), b"bcde");
        output.gather();
        assert_eq!(buffer, b"bcde");
    }

    #[test]
    fn insertions_and_gaps_keep_the_order() {
        let mut buffer = b"0".to_vec();
        let mut output = Output::new(b"abcdef", &mut buffer);
        output.forward(0, 1);
        output.insert(|out| out.push(b'-'));
        output.forward(2, 4);
        output.forward(5, 6);
        assert!(output.direct().is_empty());
        assert_eq!(buffer, b"0a-cdf");

        let mut buffer = Vec::new();
        let mut output = Output::new(b"abcdef", &mut buffer);
        output.forward(0, 2);
        output.forward(4, 6);
        assert_eq!(buffer, b"abef");
    }
}
