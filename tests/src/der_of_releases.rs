//! `der` whose chaincode service is of the build that a file names: the first release, this one, or this one with a planted
//! difference. A story writes the file, then restarts the service: an upgrade, organisation by organisation.

use std::{env, ffi::OsString, fs, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use der_chaincode::{Market, Release, cli::run_chaincode};
use der_e2e::{BUILDS, ORGANISATIONS, PLANTED_KEY};
use fabric_shim::{Chaincode, Response, Stub};

/// The market, and for one function a write that no other build makes.
struct Planted(Market);

impl Chaincode for Planted {
    async fn invoke(&self, stub: Stub) -> Response {
        let mut response = self.0.invoke(stub.clone()).await;
        if response.status < 400 && stub.function_and_parameters().0 == "Market:OpenSlot" {
            let planted = stub.put_state(PLANTED_KEY, "of this build alone");
            response.message = planted.err().map(|error| error.to_string()).unwrap_or_default();
        }
        response
    }
}

fn main() -> Result<ExitCode> {
    let args: Vec<OsString> = env::args_os().collect();
    match args.get(1) {
        Some(verb) if verb == "chaincode" => serve(args),
        _ => Ok(der_cli::run(args)),
    }
}

fn serve(mut args: Vec<OsString>) -> Result<ExitCode> {
    args.remove(1);
    if args.get(1).is_some_and(|flag| flag == "--exit-with-parent") {
        args.remove(1);
        der_cli::parent::exit_with_parent();
    }
    match build(&args)?.as_str() {
        "first" => run_chaincode(args, Market::of(Release::FIRST)),
        "planted" => run_chaincode(args, Planted(Market::new())),
        _ => run_chaincode(args, Market::new()),
    }
}

/// What the file of this service's organisation says; its TLS certificate's place tells whose service it is.
fn build(args: &[OsString]) -> Result<String> {
    let certificate = env::var("CHAINCODE_TLS_CERT").unwrap_or_default();
    let told: Vec<_> = args
        .iter()
        .map(|arg| arg.to_string_lossy().into_owned())
        .chain([certificate])
        .collect();
    let whose = |organisation: &&&str| told.iter().any(|text| text.contains(&format!(".{organisation}.")));
    let organisation = ORGANISATIONS.iter().find(whose).context("a service of nobody")?;
    let folder = PathBuf::from(env::var_os(BUILDS).context("no folder of builds")?);
    let file = folder.join(organisation);
    fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
}
