//! The Runtime API's endpoints for SnapStart.
//! <https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html>

use crate::{Client, Error, ErrorReport, Reply};

const RESTORE_NEXT: &str = "/2018-06-01/runtime/restore/next";
const RESTORE_ERROR: &str = "/2018-06-01/runtime/restore/error";

impl Client {
    /// Waits until Lambda has restored the process from its snapshot (SnapStart).
    ///
    /// [`GET /2018-06-01/runtime/restore/next`](https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html)
    ///
    /// # Errors
    ///
    /// - [`Error::Status`] if the status is not 2xx.
    /// - [`Error::Connection`] if the connection failed. [`Error::Interrupted`] if a signal arrived. [`Error::Forked`]
    ///   in a forked process.
    ///
    /// ```
    /// # mod api { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/example.rs")); }
    /// # let mut client = api::client(&[api::ACCEPTED]);
    /// client.restore_next()?;
    /// client.disconnect(); // The connection was made before the snapshot.
    /// # Ok::<(), lamby_runtime::Error>(())
    /// ```
    pub fn restore_next(&mut self) -> Result<(), Error> {
        self.get(RESTORE_NEXT, |_| ())?;
        self.check_success(RESTORE_NEXT)
    }

    /// Reports that the function failed after Lambda had restored its snapshot. The process should end afterwards.
    ///
    /// [`POST /2018-06-01/runtime/restore/error`](https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html)
    ///
    /// # Errors
    ///
    /// The same as for [`respond`](Self::respond).
    ///
    /// ```
    /// # mod api { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/example.rs")); }
    /// # let mut client = api::client(&[api::ACCEPTED]);
    /// use lamby_runtime::ErrorReport;
    ///
    /// let body = br#"{"errorMessage":"no route to host","errorType":"Runtime.AfterRestoreError","stackTrace":[]}"#;
    /// let report = ErrorReport { error_type: "Runtime.AfterRestoreError", body, cause: None };
    /// assert_eq!(client.report_restore_error(&report)?.status, 202);
    /// # Ok::<(), lamby_runtime::Error>(())
    /// ```
    pub fn report_restore_error(&mut self, report: &ErrorReport<'_>) -> Result<Reply, Error> {
        self.post(&[RESTORE_ERROR], report.body, |head| report.write(head))
    }
}
