//! The market's local days, as governance has them.

use der_api::ErrorCode;
use der_api::reply::VersionLine;
use der_api::request::{QueryMarket, QueryVersion, QueryVersions};
use der_api::version::{Content, Subject};
use der_market::days::Days;

use crate::{ClientError, MarketClient};

impl MarketClient {
    /// Local days by every calendar that was enacted; of 96 slots where there is none.
    ///
    /// # Errors
    /// Where the market cannot be read.
    pub async fn days(&self) -> Result<Days, ClientError> {
        let fixed = self.query(&QueryMarket {}).await?.parameters.billing();
        let mut governed = Vec::new();
        for line in versions(self, Subject::Calendar).await? {
            if let Content::Calendar(calendar) = content(self, Subject::Calendar, line.version).await? {
                governed.push((line.from, calendar));
            }
        }
        Ok(Days::new(fixed, governed))
    }
}

/// Versions of a subject; none before the schema that has them.
pub(crate) async fn versions(client: &MarketClient, subject: Subject) -> Result<Vec<VersionLine>, ClientError> {
    match client.query(&QueryVersions { subject }).await {
        Ok(view) => Ok(view.versions),
        Err(error) if error.code() == ErrorCode::SchemaTooOld => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// What a version says.
pub(crate) async fn content(client: &MarketClient, subject: Subject, version: u32) -> Result<Content, ClientError> {
    Ok(client.query(&QueryVersion { subject, version }).await?.content)
}
