//! The zone: what is published, and what may replace it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use standfast_units::{Epoch, Ttl};

use crate::defaults::NEGATIVE_TTL;
use crate::derived::{address_records, record, records_of};
use crate::name::DnsName;
use crate::publication::{check_address, check_place, check_set};
use crate::record::{Generation, Record, RecordData, RecordSet, Soa};
use crate::refused::Refused;

/// What a publication did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// The zone answers differently from now on; its generation has grown.
    Changed,
    /// The zone already said so.
    Unchanged,
}

/// Where one of our names stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum NameEntry {
    /// It exists and has no records yet: NODATA.
    Reserved,
    /// It has this set.
    Published { epoch: Epoch, set: RecordSet },
    /// It is gone; the newest epoch seen for it is kept, lest an older one bring it back (P13).
    Withdrawn { epoch: Epoch },
}

impl NameEntry {
    const fn epoch(&self) -> Option<Epoch> {
        match self {
            Self::Reserved => None,
            Self::Published { epoch, .. } | Self::Withdrawn { epoch } => Some(*epoch),
        }
    }
}

/// A name that exists, whose it is, and its records.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owned {
    owner: DnsName,
    records: Vec<Record>,
}

/// DNS records as a numbered value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsZone {
    origin: DnsName,
    generation: Generation,
    ttl: Ttl,
    name_servers: BTreeMap<DnsName, BTreeSet<IpAddr>>,
    entries: BTreeMap<DnsName, NameEntry>,
    /// Every name that has records or is reserved. Names that exist only because something lies
    /// beneath them are not here; their descendants follow the place where they would be.
    index: BTreeMap<DnsName, Owned>,
}

impl DnsZone {
    /// A zone that names only its name servers. `ttl` is that of its SOA and NS records and of the
    /// name servers' addresses.
    ///
    /// # Errors
    /// As [`DnsZone::delegate`].
    pub fn new(
        origin: DnsName,
        generation: Generation,
        ttl: Ttl,
        name_servers: BTreeMap<DnsName, BTreeSet<IpAddr>>,
    ) -> Result<Self, Refused> {
        let mut zone = Self {
            origin,
            generation,
            ttl,
            name_servers: BTreeMap::new(),
            entries: BTreeMap::new(),
            index: BTreeMap::new(),
        };
        zone.delegate(ttl, name_servers)?;
        zone.generation = generation;
        zone.index_apex();
        Ok(zone)
    }

    /// The name the zone begins at.
    pub const fn origin(&self) -> &DnsName {
        &self.origin
    }

    /// The number of its content.
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    /// The newest epoch seen for a name.
    pub fn epoch(&self, name: &DnsName) -> Option<Epoch> {
        self.entries.get(name)?.epoch()
    }

    /// The set a name has now.
    pub fn published(&self, name: &DnsName) -> Option<&RecordSet> {
        match self.entries.get(name)? {
            NameEntry::Published { set, .. } => Some(set),
            NameEntry::Reserved | NameEntry::Withdrawn { .. } => None,
        }
    }

    /// Every name that has records of its own or is reserved for them.
    pub fn names(&self) -> impl Iterator<Item = &DnsName> {
        self.index.keys()
    }

    /// Replaces the name servers and the time to live of what concerns them.
    ///
    /// # Errors
    /// When there is none, one has no address or an unusable one, lies outside the zone, or bears a
    /// name that is taken. Nothing has changed then.
    pub fn delegate(
        &mut self,
        ttl: Ttl,
        name_servers: BTreeMap<DnsName, BTreeSet<IpAddr>>,
    ) -> Result<Published, Refused> {
        if name_servers.is_empty() {
            return Err(Refused::NoNameServer {
                origin: self.origin.clone(),
            });
        }
        for (name, addresses) in &name_servers {
            check_place(name, &self.origin)?;
            if addresses.is_empty() {
                return Err(Refused::Empty { name: name.clone() });
            }
            for address in addresses {
                check_address(name, *address)?;
            }
            if let Some(owned) = self.index.get(name)
                && !self.name_servers.contains_key(name)
            {
                return Err(Refused::Taken {
                    name: name.clone(),
                    owner: owned.owner.clone(),
                });
            }
        }
        if self.ttl == ttl && self.name_servers == name_servers {
            return Ok(Published::Unchanged);
        }
        for name in self.name_servers.keys() {
            self.index.remove(name);
        }
        for (name, addresses) in &name_servers {
            let owned = Owned {
                owner: name.clone(),
                records: address_records(name, ttl, addresses.iter().copied()),
            };
            self.index.insert(name.clone(), owned);
        }
        self.ttl = ttl;
        self.name_servers = name_servers;
        self.changed();
        Ok(Published::Changed)
    }

    /// Makes a name exist without records, before its first publication: questions for it are
    /// answered NODATA, for at most [`NEGATIVE_TTL`], rather than "no such name".
    ///
    /// A name that is or was published stays as it is.
    ///
    /// # Errors
    /// When the name lies outside the zone or is taken.
    pub fn reserve(&mut self, name: &DnsName) -> Result<Published, Refused> {
        check_place(name, &self.origin)?;
        if self.entries.contains_key(name) {
            return Ok(Published::Unchanged);
        }
        self.check_free(name, name)?;
        self.entries.insert(name.clone(), NameEntry::Reserved);
        let owned = Owned {
            owner: name.clone(),
            records: Vec::new(),
        };
        self.index.insert(name.clone(), owned);
        self.changed();
        Ok(Published::Changed)
    }

    /// Says what a name means, as decided under `epoch` (P13).
    ///
    /// A set under the epoch that is published replaces the former one, for sets of replicas change
    /// within an epoch; a controller that publishes twice under one epoch keeps the order. Only the node may not
    /// change, for an epoch has one holder.
    ///
    /// # Errors
    /// When a newer epoch was seen for the name, the set is empty or unusable, the node contradicts
    /// the one published under the same epoch, or the name lies outside the zone or is taken. Nothing
    /// has changed then.
    pub fn publish(
        &mut self,
        name: &DnsName,
        epoch: Epoch,
        set: RecordSet,
    ) -> Result<Published, Refused> {
        check_place(name, &self.origin)?;
        if let Some(newest) = self.epoch(name)
            && epoch < newest
        {
            return Err(Refused::Older {
                name: name.clone(),
                offered: epoch,
                newest,
            });
        }
        check_set(name, &set, |other| self.published(other))?;
        if let Some(NameEntry::Published {
            epoch: former_epoch,
            set: former,
        }) = self.entries.get(name)
            && *former_epoch == epoch
        {
            if *former == set {
                return Ok(Published::Unchanged);
            }
            if let (Some(former), Some(offered)) = (&former.node, &set.node)
                && former != offered
            {
                return Err(Refused::Contradiction {
                    name: name.clone(),
                    epoch,
                    former: former.clone(),
                    offered: offered.clone(),
                });
            }
        }
        let records = records_of(name, epoch, &set).map_err(|source| Refused::TooLong {
            name: name.clone(),
            source,
        })?;
        for claimed in records.keys() {
            self.check_free(claimed, name)?;
        }
        self.remove_records(name);
        for (claimed, records) in records {
            let owner = name.clone();
            self.index.insert(claimed, Owned { owner, records });
        }
        self.entries
            .insert(name.clone(), NameEntry::Published { epoch, set });
        self.changed();
        Ok(Published::Changed)
    }

    /// Removes a name, because the system no longer has it. The newest epoch seen for it is kept.
    ///
    /// Never call this because something could not be read or reached: that is what
    /// [`Refused::Empty`] guards against.
    pub fn withdraw(&mut self, name: &DnsName) -> Published {
        match self.entries.get(name) {
            None | Some(NameEntry::Withdrawn { .. }) => return Published::Unchanged,
            Some(NameEntry::Reserved) => {
                self.entries.remove(name);
            }
            Some(&NameEntry::Published { epoch, .. }) => {
                self.entries
                    .insert(name.clone(), NameEntry::Withdrawn { epoch });
            }
        }
        self.remove_records(name);
        self.changed();
        Published::Changed
    }

    /// Raises the generation to at least `to`, as for the revision of the store it was built from.
    pub fn advance(&mut self, to: Generation) {
        if self.generation < to {
            self.generation = to;
            self.index_apex();
        }
    }

    /// Checks that a server of `former` may serve this zone instead: no name goes back to an older
    /// epoch or is forgotten without having been withdrawn, and the generation does not go back (P13).
    ///
    /// # Errors
    /// Says what would go back.
    pub fn check_follows(&self, former: &Self) -> Result<(), Refused> {
        if self.origin != former.origin {
            return Err(Refused::OtherZone {
                former: former.origin.clone(),
                offered: self.origin.clone(),
            });
        }
        for (name, entry) in &former.entries {
            let Some(newest) = entry.epoch() else {
                continue;
            };
            match self.epoch(name) {
                None => return Err(Refused::Empty { name: name.clone() }),
                Some(offered) if offered < newest => {
                    return Err(Refused::Older {
                        name: name.clone(),
                        offered,
                        newest,
                    });
                }
                Some(_) => {}
            }
        }
        if self.generation < former.generation {
            return Err(Refused::OldGeneration {
                offered: self.generation,
                newest: former.generation,
            });
        }
        Ok(())
    }

    /// The records of a name; `None` when nothing belongs to it.
    pub(crate) fn records(&self, name: &DnsName) -> Option<&[Record]> {
        Some(&self.index.get(name)?.records)
    }

    /// Whether something lies beneath a name that has nothing itself (RFC 8020).
    pub(crate) fn is_ancestor(&self, name: &DnsName) -> bool {
        self.index
            .range(name..)
            .next()
            .is_some_and(|(next, _)| next.is_within(name))
    }

    /// The SOA record as negative answers carry it: its time to live says how long absence may be
    /// remembered (RFC 2308 §3).
    pub(crate) fn soa(&self, ttl: Ttl) -> Record {
        let name_server = self.name_servers.keys().next().unwrap_or(&self.origin);
        let soa = Soa {
            name_server: name_server.clone(),
            // Nearly every name fits another label; should this one not, the origin is a valid mailbox.
            mailbox: self
                .origin
                .child("hostmaster")
                .unwrap_or_else(|_| self.origin.clone()),
            serial: self.generation.serial(),
            minimum: NEGATIVE_TTL,
        };
        record(&self.origin, ttl, RecordData::Soa(soa))
    }

    fn changed(&mut self) {
        self.generation = self.generation.next();
        self.index_apex();
    }

    fn index_apex(&mut self) {
        let mut records = vec![self.soa(self.ttl)];
        records.extend(
            self.name_servers
                .keys()
                .map(|name| record(&self.origin, self.ttl, RecordData::Ns(name.clone()))),
        );
        let owner = self.origin.clone();
        self.index
            .insert(self.origin.clone(), Owned { owner, records });
    }

    /// Removes the records of a published name, its own and those beneath it that are its as well.
    fn remove_records(&mut self, name: &DnsName) {
        let owned: Vec<DnsName> = self
            .index
            .range(name..)
            .take_while(|(next, _)| next.is_within(name))
            .filter(|(_, owned)| owned.owner == *name)
            .map(|(next, _)| next.clone())
            .collect();
        for name in owned {
            self.index.remove(&name);
        }
    }

    /// Checks that `name` belongs to no other name than `owner`.
    fn check_free(&self, name: &DnsName, owner: &DnsName) -> Result<(), Refused> {
        match self.index.get(name) {
            Some(found)
                if found.owner != *owner || self.name_servers.contains_key(&found.owner) =>
            {
                Err(Refused::Taken {
                    name: name.clone(),
                    owner: found.owner.clone(),
                })
            }
            Some(_) | None => Ok(()),
        }
    }
}
