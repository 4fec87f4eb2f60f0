//! What a tree holds.

use std::{collections::BTreeMap, path::Path};

use fabric_msp::{Certificate, Identity, IdentityError, Msp};

use crate::{
    CryptogenError, Tree,
    authority::{Authority, certificate_at},
    holder, store,
    template::{Purpose, now},
    tree::msp_files,
};

const SECONDS_A_DAY: i64 = 86_400;

/// One certificate of a tree.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Row {
    /// The organisation.
    pub msp_id: String,
    /// The holder's folder, relative to the tree.
    pub holder: String,
    /// The subject's common name.
    pub subject: String,
    /// `authority`, `tls`, or the role that the organisation's MSP finds.
    pub role: String,
    /// Names and addresses.
    pub hosts: Vec<String>,
    /// Attributes.
    pub attributes: BTreeMap<String, String>,
    /// Whole days until the certificate expires; negative when it has.
    pub days_left: i64,
    /// `valid`, `expired`, `revoked`, or why the MSP refuses the identity.
    pub state: String,
}

/// Lists every certificate of a tree as the organisations' own MSPs judge it.
///
/// # Errors
/// When a certificate or an MSP folder cannot be read.
pub fn inspect(out: &Path) -> Result<Vec<Row>, CryptogenError> {
    let tree = Tree::new(out);
    let mut rows = Vec::new();
    for (msp_id, domain) in tree.organisations()? {
        let folder = tree.organisation(&domain);
        let path = tree.msp(&domain);
        let msp = Msp::from_folder(&msp_id, msp_files(&path)?).map_err(|source| CryptogenError::Msp {
            path: path.clone(),
            source,
        })?;
        for name in ["ca", "tlsca"] {
            let certificate = Authority::open(&folder.join(name))?.certificate;
            rows.push(row(
                &msp,
                relative(out, &folder.join(name)),
                &certificate,
                "authority".to_owned(),
                None,
            ));
        }
        for kind in ["peers", "orderers", "chaincode", "users"] {
            for holder in store::list(&folder.join(kind))? {
                inspect_holder(out, &msp, &holder, &mut rows)?;
            }
        }
    }
    Ok(rows)
}

fn inspect_holder(out: &Path, msp: &Msp, folder: &Path, rows: &mut Vec<Row>) -> Result<(), CryptogenError> {
    for (path, _, purpose) in holder::certificates(folder)? {
        let certificate = certificate_at(&path)?;
        let (role, refused) = match purpose {
            Purpose::Identity => match judge(msp, &certificate) {
                Ok(role) => (role, None),
                Err(error) => (certificate.organizational_units().join("+"), Some(error)),
            },
            Purpose::Tls | Purpose::Authority => ("tls".to_owned(), None),
        };
        rows.push(row(msp, relative(out, folder), &certificate, role, refused));
    }
    Ok(())
}

fn judge(msp: &Msp, certificate: &Certificate) -> Result<String, IdentityError> {
    let identity = Identity::new(msp.id(), certificate.pem().as_bytes())?;
    Ok(msp.role(&identity)?.word().to_owned())
}

fn row(msp: &Msp, holder: String, certificate: &Certificate, role: String, refused: Option<IdentityError>) -> Row {
    let left = certificate.not_after() - now().unix_timestamp();
    let attributes = certificate.attributes().unwrap_or_default();
    Row {
        msp_id: msp.id().to_owned(),
        holder,
        subject: certificate.subject_common_name().unwrap_or_default().to_owned(),
        role,
        hosts: certificate.alternative_names().to_vec(),
        attributes: attributes
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        days_left: left.div_euclid(SECONDS_A_DAY),
        state: match refused {
            Some(IdentityError::Revoked(_)) => "revoked".to_owned(),
            Some(error) => error.to_string(),
            None if left < 0 => "expired".to_owned(),
            None => "valid".to_owned(),
        },
    }
}

fn relative(out: &Path, path: &Path) -> String {
    path.strip_prefix(out).unwrap_or(path).to_string_lossy().into_owned()
}
