//! Every cell of the table of roles and functions: each function, in each role, from each organisation, on each schema.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use std::collections::BTreeMap;
use std::path::Path;

use der_api::organisations::Part;
use der_api::request::Migrate;
use der_api::schema::{FIRST, SCHEMA};
use der_api::{ErrorCode, Function};
use der_contract::access::Role;
use der_contract::functions::{FunctionRow, table};
use der_contract::{Attributes, Caller};
use world::*;

const MEMBERS: [(Part, &str); 4] = [
    (Part::Grid, "GridMSP"),
    (Part::Regulator, "RegulatorMSP"),
    (Part::Energy, "EnergyMSP"),
    (Part::Microgrid, "MicrogridMSP"),
];

/// No request: what reaches a function's own argument is refused as malformed, and by nothing else.
const NO_REQUEST: &[u8] = b"{";

/// The paper's market on a ledger of a schema.
fn market(schema: u32) -> World {
    let mut world = World::ready();
    world.submit(&operator(), &Migrate { to: schema });
    world
}

/// Runs a function and applies what it decides; tells the code of a refusal, after which the ledger must be as before.
fn call(market: &World, who: &Caller, function: &str, argument: &[u8]) -> Option<ErrorCode> {
    let mut world = market.clone();
    let code = match world.simulate(who, function, &[argument]) {
        Ok(decision) => {
            world.apply(&decision);
            return None;
        }
        Err(error) => error.code(),
    };
    assert_eq!(
        world.state, market.state,
        "{function} refused with {code} and wrote all the same"
    );
    Some(code)
}

/// A well-formed request of the function: its golden file.
fn request(function: &str) -> Vec<u8> {
    let name = format!("{:?}.json", Function::from_name(function).unwrap());
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../api/golden/request")
        .join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.trim_end().as_bytes().to_vec()
}

/// What a cell must answer to an argument that is no request.
fn expected(row: &FunctionRow, part: Part, role: Role) -> ErrorCode {
    match (row.parts.contains(&part), row.roles.contains(&role)) {
        (false, _) => ErrorCode::OrganisationNotAllowed,
        (true, false) => ErrorCode::RoleNotAllowed,
        (true, true) if row.function == Function::Bootstrap.name() => ErrorCode::AlreadyBootstrapped,
        (true, true) => ErrorCode::MalformedArgument,
    }
}

#[test]
fn each_cell_is_allowed_or_refused_as_the_table_says() {
    for schema in FIRST..=SCHEMA {
        let market = market(schema);
        let mut answers: BTreeMap<ErrorCode, usize> = BTreeMap::new();
        for row in table(schema) {
            let request = request(row.function);
            for (part, msp) in MEMBERS {
                for role in Role::ALL {
                    let who = caller(msp, "walker", role.name());
                    let code = call(&market, &who, row.function, NO_REQUEST);
                    let cell = format!("{} in role {} of {msp}, schema {schema}", row.function, role.name());
                    assert_eq!(code, Some(expected(&row, part, role)), "{cell}");
                    *answers.entry(code.unwrap()).or_default() += 1;
                    runs_or_is_refused(&market, &who, &row, &request, code.unwrap());
                }
            }
        }
        let cells = table(schema).len() * MEMBERS.len() * Role::ALL.len();
        assert_eq!(answers.values().sum::<usize>(), cells);
        println!("schema {schema}: {cells} cells {answers:?}");
    }
}

/// A well-formed request meets the same refusal, or the function itself.
fn runs_or_is_refused(market: &World, who: &Caller, row: &FunctionRow, request: &[u8], shut: ErrorCode) {
    let code = call(market, who, row.function, request);
    if matches!(shut, ErrorCode::OrganisationNotAllowed | ErrorCode::RoleNotAllowed) {
        assert_eq!(code, Some(shut), "{}", row.function);
    } else {
        let missing = [ErrorCode::UnknownFunction, ErrorCode::MalformedArgument];
        assert!(
            code.is_none_or(|code| !missing.contains(&code)),
            "{}: {code:?}",
            row.function
        );
    }
}

#[test]
fn who_belongs_to_no_member_may_call_nothing() {
    let market = market(SCHEMA);
    for row in table(SCHEMA) {
        for role in Role::ALL {
            let stranger = caller("StrangerMSP", "walker", role.name());
            let code = call(&market, &stranger, row.function, &request(row.function));
            assert_eq!(code, Some(ErrorCode::OrganisationNotAllowed), "{}", row.function);
        }
    }
}

#[test]
fn who_has_no_role_may_call_nothing() {
    let market = market(SCHEMA);
    for row in table(SCHEMA) {
        let (_, msp) = MEMBERS.iter().find(|(part, _)| row.parts.contains(part)).unwrap();
        let without = |attributes| Caller {
            attributes,
            ..caller(msp, "walker", "")
        };
        for (who, expected) in [
            (without(Attributes::Absent), ErrorCode::MissingRole),
            (without(Attributes::Present(BTreeMap::new())), ErrorCode::MissingRole),
            (without(Attributes::Malformed), ErrorCode::MalformedAttributes),
            (caller(msp, "walker", "emperor"), ErrorCode::RoleNotAllowed),
        ] {
            let code = call(&market, &who, row.function, &request(row.function));
            assert_eq!(code, Some(expected), "{}", row.function);
        }
    }
}

#[test]
fn who_has_several_roles_may_call_what_one_of_them_may() {
    let market = market(SCHEMA);
    let all = Role::ALL.map(Role::name).join(", ");
    for row in table(SCHEMA) {
        for (part, msp) in MEMBERS {
            let code = call(&market, &caller(msp, "walker", &all), row.function, NO_REQUEST);
            let refused = code == Some(ErrorCode::OrganisationNotAllowed);
            assert_eq!(
                refused,
                !row.parts.contains(&part),
                "{} of {msp}: {code:?}",
                row.function
            );
        }
    }
}

#[test]
fn no_ledger_has_a_function_of_a_later_schema() {
    for schema in FIRST..SCHEMA {
        let market = market(schema);
        let later = Function::all().iter().filter(|function| function.schema() > schema);
        for function in later {
            let row = table(SCHEMA)
                .into_iter()
                .find(|row| row.function == function.name())
                .unwrap();
            let (_, msp) = MEMBERS.iter().find(|(part, _)| row.parts.contains(part)).unwrap();
            let role = row.roles.first().unwrap();
            let code = call(
                &market,
                &caller(msp, "walker", role.name()),
                row.function,
                &request(row.function),
            );
            assert_eq!(
                code,
                Some(ErrorCode::SchemaTooOld),
                "{} at schema {schema}",
                row.function
            );
        }
    }
}
