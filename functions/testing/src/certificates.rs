//! Certificates for servers on this machine.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

/// An authority and a server, all in PEM.
pub struct Certificates {
    /// The certificate of the authority.
    pub authority: String,
    /// The certificate of the server.
    pub server: String,
    /// The key of the server.
    pub key: String,
}

impl Certificates {
    /// A new authority, and a server of this name that it vouches for.
    pub fn of(name: &str) -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap());
        let authority = authority.unwrap();
        let key = KeyPair::generate().unwrap();
        let server = CertificateParams::new([name.to_owned()]).unwrap();
        Self {
            server: server.signed_by(&key, &authority).unwrap().pem(),
            key: key.serialize_pem(),
            authority: authority.pem(),
        }
    }
}
