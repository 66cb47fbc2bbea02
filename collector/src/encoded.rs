//! Content in the encodings that browsers ask for.

use std::io::Write as _;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

/// Some bytes, plain and compressed. Cheap to clone: all clones share the bytes.
#[derive(Debug, Clone)]
pub(crate) struct Encoded {
    plain: Bytes,
    br: Bytes,
    gzip: Bytes,
    tag: HeaderValue,
}

impl Encoded {
    /// Compresses content as well as can be: it is made once and served often.
    pub(crate) fn new(plain: Vec<u8>) -> Encoded {
        let mut br = Vec::new();
        let parameters =
            brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
        let compressed = brotli::BrotliCompress(&mut plain.as_slice(), &mut br, &parameters);
        compressed.expect("writing to memory does not fail");
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&plain).expect("writing to memory does not fail");
        let gzip = gzip.finish().expect("writing to memory does not fail");
        Encoded { tag: tag(&plain), plain: plain.into(), br: br.into(), gzip: gzip.into() }
    }

    /// Content that was compressed when it was built.
    pub(crate) fn precompressed(
        plain: &'static [u8],
        br: &'static [u8],
        gzip: &'static [u8],
    ) -> Encoded {
        let [plain, br, gzip] = [plain, br, gzip].map(Bytes::from_static);
        Encoded { tag: tag(&plain), plain, br, gzip }
    }

    /// What its content is known by, in quotes: 32 hexadecimal digits.
    pub(crate) fn tag(&self) -> &HeaderValue {
        &self.tag
    }

    /// The content in the best encoding that the request accepts.
    pub(crate) fn respond(&self, request: &HeaderMap, content_type: &'static str) -> Response {
        let accepted = request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
        let (encoding, body) = match accepted.unwrap_or_default() {
            accepted if accepts(accepted, "br") => (Some("br"), &self.br),
            accepted if accepts(accepted, "gzip") => (Some("gzip"), &self.gzip),
            _ => (None, &self.plain),
        };
        let mut response = body.clone().into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn hash(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

fn tag(content: &[u8]) -> HeaderValue {
    let tag = format!("\"{}\"", &hash(content)[..32]);
    HeaderValue::try_from(tag).expect("digits may stand in a header")
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Whether an `Accept-Encoding` header names an encoding without refusing it (`;q=0`).
fn accepts(header: &str, encoding: &str) -> bool {
    header.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let refused = parts
            .any(|part| part.strip_prefix("q=").is_some_and(|weight| weight.parse() == Ok(0.0)));
        named && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::accepts;

    #[test]
    fn an_encoding_is_accepted_when_named_and_not_refused() {
        let check =
            |header: &str, expected: bool| assert_eq!(accepts(header, "br"), expected, "{header}");
        check("gzip, deflate, br, zstd", true);
        check("BR;q=0.5", true);
        check("gzip, br;q=0", false);
        check("gzip, br; q=0.0", false);
        check("gzip", false);
        check("brotli", false);
        check("", false);
    }
}
