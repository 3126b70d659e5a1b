//! Whether a connection to a database is encrypted, and whose certificate is believed.
//!
//! Everything but verification has to be asked for. Believed are Amazon's authorities for RDS, which vouch for nothing
//! but its databases, and those of a file; never the public ones, who vouch for every owner of a name. TLS is rustls
//! with ring, as everywhere in this repository.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::Cause;

/// Amazon's authorities for RDS, in PEM. Where they come from stands in `certificates/README.md`.
pub const RDS: &[u8] = include_bytes!("../certificates/rds.pem");

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A mode that does not exist.
    #[error("`{0}` is none of `verify`, `encrypt`, `off`")]
    Mode(String),
    /// The file with the authorities cannot be read, or is not PEM.
    #[error("cannot read certificates from {}", path.display())]
    AuthorityFile {
        /// Which file.
        path: PathBuf,
        /// The cause.
        source: rustls_pki_types::pem::Error,
    },
    /// The file with the authorities holds no certificate.
    #[error("{} holds no certificate", path.display())]
    NoAuthority {
        /// Which file.
        path: PathBuf,
    },
    /// A certificate that cannot be an authority.
    #[error("{} holds a certificate that cannot be used", path.display())]
    Authority {
        /// Which file.
        path: PathBuf,
        /// The cause.
        source: rustls::Error,
    },
    /// The library refuses its own defaults.
    #[error("cannot set TLS up")]
    SetUp {
        /// The cause.
        source: rustls::Error,
    },
}

/// A server whose certificate no authority vouches for that is believed, and the way out.
#[derive(Debug, thiserror::Error)]
#[error(
    "{host}:{port} has a certificate of an unknown authority, not of RDS; DATABASE_CA_FILE can name a file with others \
     to believe"
)]
pub struct UnknownAuthority {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What the connection failed with.
    pub source: Cause,
}

/// Whether this, or what led to it, is a certificate of an unknown authority.
pub fn is_unknown_authority(error: &(dyn std::error::Error + 'static)) -> bool {
    matches!(
        of_tls(error),
        Some(rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer
        ))
    )
}

/// What TLS said, when it was this, or led to it: then a server answered.
pub fn of_tls<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        cause = match error.downcast_ref::<io::Error>() {
            // As its source, this one gives the source of what it holds.
            Some(error) => error.get_ref().map(|held| held as _),
            None => error.source(),
        };
    }
    None
}

/// What is asked of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Encrypted, and the server proves that it has the name we called it by.
    #[default]
    Verify,
    /// Encrypted, with any server that answers: a reader on the way learns nothing, an impostor that answers in its
    /// place does.
    Encrypt,
    /// In clear. Only on the loopback network.
    Off,
}

impl FromStr for Mode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "verify" => Ok(Self::Verify),
            "encrypt" => Ok(Self::Encrypt),
            "off" => Ok(Self::Off),
            other => Err(Error::Mode(other.to_owned())),
        }
    }
}

/// The settings of a client that verifies or encrypts. The authorities of the file are believed besides those of RDS.
///
/// # Errors
///
/// When the file cannot be used.
pub fn client(mode: Mode, authorities: Option<&Path>) -> Result<Option<Arc<ClientConfig>>, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|source| Error::SetUp { source })?;
    let config = match mode {
        Mode::Off => return Ok(None),
        Mode::Verify => builder
            .with_root_certificates(roots(authorities)?)
            .with_no_client_auth(),
        Mode::Encrypt => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
            .with_no_client_auth(),
    };
    Ok(Some(Arc::new(config)))
}

fn roots(authorities: Option<&Path>) -> Result<RootCertStore, Error> {
    let mut roots = of_rds();
    let Some(path) = authorities else {
        return Ok(roots);
    };
    let count = roots.len();
    let unreadable = |source| Error::AuthorityFile {
        path: path.to_owned(),
        source,
    };
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        let certificate = certificate.map_err(unreadable)?;
        roots.add(certificate).map_err(|source| Error::Authority {
            path: path.to_owned(),
            source,
        })?;
    }
    if roots.len() == count {
        return Err(Error::NoAuthority {
            path: path.to_owned(),
        });
    }
    Ok(roots)
}

#[expect(clippy::expect_used, reason = "the file is ours, and a test reads it")]
fn of_rds() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(RDS) {
        let certificate = certificate.expect("the authorities of RDS are PEM");
        let added = roots.add(certificate);
        added.expect("the authorities of RDS are certificates");
    }
    roots
}

/// Believes every certificate, and still checks that the server has its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verification_is_what_one_gets_without_asking() {
        assert_eq!(Mode::default(), Mode::Verify);
        assert!(client(Mode::Verify, None).unwrap().is_some());
        assert!(client(Mode::Off, None).unwrap().is_none());
        assert!("Off".parse::<Mode>().is_err());
    }

    #[test]
    fn a_bundle_without_certificates_is_refused() {
        let nothing = Path::new("/dev/null");
        assert!(matches!(
            client(Mode::Verify, Some(nothing)),
            Err(Error::NoAuthority { .. })
        ));
    }

    #[test]
    fn a_file_adds_to_the_authorities_of_rds() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let authority = rcgen::generate_simple_self_signed(["database".to_owned()]).unwrap();
        std::fs::write(file.path(), authority.cert.pem()).unwrap();
        let alone = roots(None).unwrap();
        let both = roots(Some(file.path())).unwrap();
        assert_eq!(both.len(), alone.len() + 1);
        assert_eq!(both.roots[..alone.len()], alone.roots);
    }

    #[test]
    fn the_authorities_of_rds_are_authorities_of_rds_and_have_years_left() {
        // 2026-11-20.
        let now = 1_795_132_800;
        let mut ends = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(RDS) {
            let certificate = certificate.unwrap();
            let (rest, parsed) = x509_parser::parse_x509_certificate(&certificate).unwrap();
            let subject = parsed.subject().to_string();
            assert!(rest.is_empty() && parsed.is_ca(), "{subject}");
            assert!(subject.contains("CN=Amazon RDS "), "{subject}");
            let validity = parsed.validity();
            assert!(validity.not_before.timestamp() <= now, "{subject}");
            assert!(
                validity.not_after.timestamp() > now,
                "{subject} has expired"
            );
            ends.push(validity.not_after.to_datetime().date().to_string());
        }
        ends.sort();
        assert_eq!(of_rds().len(), ends.len());
        let told = format!(
            "{} certificates, which expire between {} and {}",
            ends.len(),
            ends[0],
            ends[ends.len() - 1]
        );
        let read_me = include_str!("../certificates/README.md");
        assert!(read_me.contains(&told), "certificates/README.md: {told}");
    }

    #[test]
    fn an_unknown_authority_is_found_however_deep_it_is() {
        let tls = |why| rustls::Error::InvalidCertificate(why);
        let unknown = io::Error::other(tls(CertificateError::UnknownIssuer));
        assert!(is_unknown_authority(&io::Error::other(unknown)));
        let expired = io::Error::other(tls(CertificateError::Expired));
        assert!(!is_unknown_authority(&expired));
        assert!(of_tls(&expired).is_some());
        assert!(of_tls(&io::Error::from(io::ErrorKind::NotFound)).is_none());
    }
}
