//! Whether a connection to a database is encrypted, and whose certificate is believed.
//!
//! Everything but verification has to be asked for. TLS is rustls with ring, as everywhere in this repository.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

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
        /// Why.
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
        /// Why.
        source: rustls::Error,
    },
    /// The library refuses its own defaults.
    #[error("cannot set TLS up")]
    SetUp {
        /// Why.
        source: rustls::Error,
    },
}

/// What is asked of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Encrypted, and the server proves that it has the name we called it by.
    #[default]
    Verify,
    /// Encrypted, with whoever answers: a reader on the way learns nothing, somebody who answers in its place does.
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

/// The settings of a client that verifies or encrypts. Without a file, the public authorities are believed; those of
/// RDS are not among them.
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
            .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
            .with_no_client_auth(),
    };
    Ok(Some(Arc::new(config)))
}

fn roots(authorities: Option<&Path>) -> Result<RootCertStore, Error> {
    let Some(path) = authorities else {
        return Ok(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect());
    };
    let unreadable = |source| Error::AuthorityFile {
        path: path.to_owned(),
        source,
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        let certificate = certificate.map_err(unreadable)?;
        roots.add(certificate).map_err(|source| Error::Authority {
            path: path.to_owned(),
            source,
        })?;
    }
    if roots.is_empty() {
        return Err(Error::NoAuthority {
            path: path.to_owned(),
        });
    }
    Ok(roots)
}

/// Believes every certificate, and still checks that the server has its key.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
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
}
