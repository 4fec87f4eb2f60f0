//! Joining a district: registration, authentication, devices, plants, meters and mandates, everybody at once.

use std::future::Future;

use der_api::ErrorCode;
use der_api::mandate::{Limit, MandateTerms};
use der_api::request::{
    AcceptConnection, Authenticate, QueryMeter, QueryParticipant, RegisterDevice, RegisterMeter, RegisterPlant,
    RegisterUser,
};
use der_market::id::{MarketId, ParticipantId, PointId};
use der_market::slot::Slot;
use der_market::units::{Energy, Power, Price};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::found::ensure;
use super::play::Told;
use super::{District, DistrictError, Member, Person};
use crate::day::{Trader, known};
use crate::{ClientError, Meter};

/// Members who join at once.
const AT_ONCE: usize = 64;

/// A person with its certificate and meter key.
pub(super) fn member(
    market: &MarketId,
    points: &[PointId],
    person: &Person,
    newcomer: Trader,
) -> Result<Member, DistrictError> {
    let name = &person.name;
    let meter = Meter::new(market.clone(), format!("meter-{name}").parse()?, newcomer.meter_key);
    let device = |number| Ok(format!("{name}-{number}").parse()?);
    let devices = (1..=person.kind.devices().len()).map(device);
    let plant = person.kind.is_company().then(|| format!("plant-{name}").parse());
    Ok(Member {
        person: person.clone(),
        client: newcomer.client,
        meter,
        point: points.get(person.point).cloned().ok_or(DistrictError::NoSuchDay)?,
        plant: plant.transpose()?,
        devices: devices.collect::<Result<_, DistrictError>>()?,
    })
}

impl District {
    /// Registers, connects and accredits every member that is not.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn join_all(&self) -> Result<(), DistrictError> {
        self.everybody(&self.members, |member| self.join(member))
            .await
            .map_err(DistrictError::at("registering members"))
    }

    /// Registers these members' devices, plants and meters, valid from `first` on, and has them confirm beforehand every contract of
    /// their orders through `last`.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn equip(&self, members: &[Member], first: Slot, last: Slot) -> Result<(), DistrictError> {
        self.everybody(members, |member| self.equip_one(member, first, last))
            .await
            .map_err(DistrictError::at("registering devices, plants and meters"))
    }

    async fn everybody<'a, F: Future<Output = Result<(), ClientError>>>(
        &self,
        members: &'a [Member],
        act: impl Fn(&'a Member) -> F,
    ) -> Result<(), ClientError> {
        let done = stream::iter(members).map(act).buffer_unordered(AT_ONCE);
        done.try_for_each(|()| {
            (self.listener)(Told::Joined);
            std::future::ready(Ok(()))
        })
        .await
    }

    async fn join(&self, member: &Member) -> Result<(), ClientError> {
        let (client, participant) = (&member.client, member.id());
        let query = QueryParticipant {
            participant: participant.clone(),
        };
        let found = known(client, &query, ErrorCode::NotRegistered).await?;
        if found.is_none() {
            ensure(client, &member.registration()?).await?;
        }
        let (connected, accredited) = found.map_or((false, false), |view| (view.connected, view.accredited));
        if !connected {
            let request = AcceptConnection {
                participant: participant.clone(),
            };
            ensure(&self.staff.grid, &request).await?;
        }
        if !accredited {
            ensure(&self.staff.regulator, &Authenticate { participant }).await?;
        }
        Ok(())
    }

    async fn equip_one(&self, member: &Member, first: Slot, last: Slot) -> Result<(), ClientError> {
        if let Some(plant) = member.registered_plant()? {
            ensure(&member.client, &plant).await?;
        }
        for device in member.registered_devices()? {
            ensure(&member.client, &device).await?;
        }
        self.register_meter(member, first).await?;
        member.client.grant_mandate(member.mandate(first, last)?).await?;
        Ok(())
    }

    async fn register_meter(&self, member: &Member, first: Slot) -> Result<(), ClientError> {
        let (meter, public_key) = (member.meter.id().clone(), member.meter.public_key()?);
        let query = QueryMeter { meter: meter.clone() };
        let found = known(&self.staff.meters, &query, ErrorCode::UnknownMeter).await?;
        let newest = found.as_ref().and_then(|meter| meter.keys.last());
        if newest.is_some_and(|key| key.public_key == public_key && key.valid_from <= first) {
            return Ok(());
        }
        let request = RegisterMeter {
            meter,
            participant: member.id(),
            public_key,
            valid_from: first,
            plant: member.plant.clone(),
        };
        ensure(&self.staff.meters, &request).await
    }
}

impl Member {
    /// Its id on the ledger.
    #[must_use]
    pub fn id(&self) -> ParticipantId {
        self.client.participant().clone()
    }

    /// Where it is connected.
    #[must_use]
    pub const fn point(&self) -> &PointId {
        &self.point
    }

    fn power(&self) -> Result<Power, ClientError> {
        Power::new(self.person.power_w).map_err(|error| ClientError::internal(&error.to_string()))
    }

    fn registration(&self) -> Result<RegisterUser, ClientError> {
        Ok(RegisterUser {
            capacity_w: self.power()?,
            point: self.point.clone(),
            source: self.person.kind.source(),
            class: self.person.kind.class(),
        })
    }

    fn registered_plant(&self) -> Result<Option<RegisterPlant>, ClientError> {
        let Some(plant) = self.plant.clone() else {
            return Ok(None);
        };
        Ok(Some(RegisterPlant {
            plant,
            capacity_w: self.power()?,
            point: self.point.clone(),
            source: self.person.kind.source(),
        }))
    }

    fn registered_devices(&self) -> Result<Vec<RegisterDevice>, ClientError> {
        let devices = self.devices.iter().zip(self.person.kind.devices());
        let device = |(device, kind): (&der_market::id::DeviceId, &der_market::participant::DeviceKind)| {
            Ok(RegisterDevice {
                device: device.clone(),
                kind: *kind,
                capacity_w: self.power()?,
                plant: self.plant.clone(),
                efficiency: None,
            })
        };
        devices.map(device).collect()
    }

    /// Its word for every contract of its orders.
    fn mandate(&self, from: Slot, until: Slot) -> Result<MandateTerms, ClientError> {
        let limit = |price| {
            let price = Price::new(price).map_err(|error| ClientError::internal(&error.to_string()))?;
            Ok::<_, ClientError>(Limit {
                energy_wh: Energy::MOST,
                price,
            })
        };
        Ok(MandateTerms {
            market: self.meter.market().clone(),
            participant: self.id(),
            buy: Some(limit(self.person.bids)?),
            sell: Some(limit(self.person.asks)?),
            from,
            until,
        })
    }
}
