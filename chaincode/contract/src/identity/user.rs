//! `User:Register`, `User:AddKey`.

use der_api::ErrorCode;
use der_api::bytes::{Digest, HexBytes};
use der_api::event::{UserKeyAdded, UserRegistered};
use der_api::request::{AddKey, RegisterUser};

use super::standing::{Standing, fingerprints};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::rows::{SigningKey, User};
use crate::schema;
use crate::view::LedgerView;

/// The record is born requested: it says nothing until grid company and regulator have added their rows.
pub(crate) async fn register_user<V: LedgerView>(
    cx: &Context<'_, V>,
    request: RegisterUser,
) -> Result<Decision, ContractError> {
    let who = &cx.caller;
    let (user_row, point_row) = (schema::user(who), schema::point(&request.point));
    let answers = cx.ledger.many(&[user_row.key.clone(), point_row.key.clone()]).await?;
    if answers.get(&user_row)?.is_some() {
        return Err(ContractError::new(
            ErrorCode::RecordExists,
            format!("{who} is registered"),
        ));
    }
    if answers.get(&point_row)?.is_none() {
        return Err(ContractError::new(
            ErrorCode::UnknownPoint,
            format!("there is no {:?}", point_row.key),
        ));
    }
    let user = User {
        participant: who.clone(),
        capacity_w: request.capacity_w,
        point: request.point,
        source: request.source,
        class: request.class,
    };
    let key = signing_key(&cx.public_key)?;
    let fingerprint = Digest::of(key.public_key.as_slice());
    let mut decision = Decision::replying(&Standing::requested(user.clone()).view(vec![fingerprint]))?;
    decision.put_guarded(user_row, &user, cx.own_guard())?;
    decision.put_guarded(schema::signing_key(who, &fingerprint), &key, cx.own_guard())?;
    decision.emit(UserRegistered {
        participant: who.clone(),
    })?;
    Ok(decision)
}

pub(crate) async fn add_key<V: LedgerView>(cx: &Context<'_, V>, _: AddKey) -> Result<Decision, ContractError> {
    let who = &cx.caller;
    let standing = Standing::of(cx, who).await?;
    let key = signing_key(&cx.public_key)?;
    let fingerprint = Digest::of(key.public_key.as_slice());
    let mut known = fingerprints(cx, who).await?;
    if known.contains(&fingerprint) {
        return Err(ContractError::new(
            ErrorCode::KeyExists,
            format!("{who} has this key already"),
        ));
    }
    known.push(fingerprint);
    known.sort();
    let mut decision = Decision::replying(&standing.view(known))?;
    decision.put_guarded(schema::signing_key(who, &fingerprint), &key, cx.own_guard())?;
    decision.emit(UserKeyAdded {
        participant: who.clone(),
        key: fingerprint,
    })?;
    Ok(decision)
}

fn signing_key(public_key: &[u8]) -> Result<SigningKey, ContractError> {
    Ok(SigningKey {
        public_key: checked_public_key(public_key)?,
    })
}

/// An uncompressed P-256 point: 04 and 64 bytes. Whether it lies on the curve shows when it first verifies.
pub(crate) fn checked_public_key(bytes: &[u8]) -> Result<HexBytes, ContractError> {
    let uncompressed = bytes.len() == 65 && bytes.first() == Some(&4);
    HexBytes::new(bytes)
        .filter(|_| uncompressed)
        .ok_or_else(|| ErrorCode::BadPublicKey.into())
}
