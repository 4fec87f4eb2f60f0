//! The chaincode under test: every ledger call that the network must answer.

use std::sync::Arc;

use bytes::Bytes;
use fabric_shim::{Chaincode, Response, ShimError, Stub};
use tokio::sync::{Notify, watch};

/// Tells tests what happens in it.
#[derive(Clone, Default)]
pub struct Store {
    /// A transaction hangs.
    pub hanging: Arc<Notify>,
    /// Transactions begun, by all peers together.
    pub invocations: watch::Sender<usize>,
}

impl Chaincode for Store {
    async fn invoke(&self, stub: Stub) -> Response {
        self.invocations.send_modify(|count| *count += 1);
        self.run(&stub)
            .await
            .map_or_else(|error| Response::error(error.to_string()), Response::success)
    }
}

impl Store {
    async fn run(&self, stub: &Stub) -> Result<Bytes, ShimError> {
        let (function, args) = stub.function_and_parameters();
        let arg = |index: usize| String::from_utf8_lossy(&args[index]).into_owned();
        match function.as_ref() {
            "put" => stub.put_state(arg(0), args[1].clone())?,
            "get" => return Ok(stub.get_state(&arg(0)).await?.unwrap_or_default()),
            "append" => {
                let before = stub.get_state(&arg(0)).await?.unwrap_or_default();
                stub.put_state(arg(0), [before.as_ref(), args[1].as_ref()].concat())?;
            }
            "get_all" => {
                let keys: Vec<String> = (0..args.len()).map(arg).collect();
                let values = stub.get_states(&keys).await?;
                let values: Vec<_> = values.into_iter().map(Option::unwrap_or_default).collect();
                return Ok(values.join(b",".as_slice()).into());
            }
            "delete" => stub.delete_state(arg(0))?,
            "fill" => {
                for index in 0..arg(0).parse().unwrap_or(0) {
                    stub.put_state(format!("row{index:05}"), "x")?;
                }
            }
            "count" => return Ok(Self::count(stub, &arg(0), &arg(1)).await?.to_string().into()),
            "count_into" => {
                let count = Self::count(stub, &arg(0), &arg(1)).await?;
                stub.put_state(arg(2), count.to_string())?;
            }
            "page" => {
                let page = stub
                    .range_with_pagination(&arg(0), "", arg(1).parse().unwrap_or(1), &arg(2))
                    .await?;
                return Ok(format!("{} {}", page.items.len(), page.bookmark).into());
            }
            "page_then_put" => {
                stub.range_with_pagination("a", "z", 1, "").await?;
                stub.put_state("late", "write")?;
                stub.flush().await?;
            }
            "guard" => stub.set_validation_parameter(arg(0), args[1].clone())?,
            "guard_of" => return Ok(stub.get_validation_parameter(&arg(0)).await?.unwrap_or_default()),
            "history" => {
                let mut changes = stub.history(&arg(0)).await?;
                let mut values = Vec::new();
                while let Some(change) = changes.next().await? {
                    values.push(String::from_utf8_lossy(&change.value).into_owned());
                }
                return Ok(values.join(",").into());
            }
            "event" => {
                stub.put_state(arg(0), args[1].clone())?;
                stub.set_event(arg(0), args[1].clone())?;
            }
            "private" => stub.put_private("secrets", "k", "v")?,
            "call" => {
                let response = stub.invoke_chaincode(&arg(0), args[1..].to_vec(), "").await?;
                return Ok(response.payload);
            }
            "hang" => {
                self.hanging.notify_one();
                std::future::pending::<()>().await;
            }
            other => return Ok(format!("no function {other}").into()),
        }
        Ok(Bytes::new())
    }

    async fn count(stub: &Stub, start: &str, end: &str) -> Result<usize, ShimError> {
        let mut rows = stub.range(start, end).await?;
        let mut count = 0;
        while rows.next().await?.is_some() {
            count += 1;
        }
        Ok(count)
    }
}
