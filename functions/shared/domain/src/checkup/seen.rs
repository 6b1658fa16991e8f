//! What the checkup workflow has seen, in AWS's words, and what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde::Deserialize;

use super::{Finding, Trail};

/// The output of the checkup workflow (statemachine/checkup.asl.json).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Seen {
    pub trails: Vec<Trail>,
    pub account: Option<Account>,
    /// The sender's address as an identity, and its domain; either may be the one that is verified.
    pub address: Option<Identity>,
    pub domain: Option<Identity>,
    pub sender: String,
    pub sweep: Option<Rule>,
    pub key_events: Option<Rule>,
    pub servers: Vec<SeenServers>,
    /// By what was looked at: the error of a look that failed.
    pub errors: BTreeMap<String, String>,
}

/// Of SES `GetAccount`.
#[derive(Debug, Clone, Deserialize)]
pub struct Account {
    /// `ProductionAccessEnabled`; false in the sandbox.
    pub production: bool,
    /// `SendingEnabled`
    pub sending: bool,
    /// `EnforcementStatus`: `HEALTHY`, `PROBATION` or `SHUTDOWN`.
    #[serde(default)]
    pub enforcement: Option<String>,
}

/// Of SES `GetEmailIdentity`.
#[derive(Debug, Clone, Deserialize)]
pub struct Identity {
    /// `VerifiedForSendingStatus`
    pub verified: bool,
}

/// Of EventBridge `DescribeRule`.
#[derive(Debug, Clone, Deserialize)]
pub struct Rule {
    pub name: String,
    /// `ENABLED`, `DISABLED` or `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`.
    pub state: String,
    /// `rate(5 minutes)`; none for a rule about events.
    #[serde(default)]
    pub schedule: Option<String>,
}

impl Rule {
    pub fn is_enabled(&self) -> bool {
        self.state.starts_with("ENABLED")
    }

    /// The time from one to the next.
    pub fn every(&self) -> Option<SignedDuration> {
        let minutes = self.schedule.as_ref()?.strip_prefix("rate(")?.split(' ').next()?;
        Some(SignedDuration::from_mins(minutes.parse().ok()?))
    }
}

/// At most 50 servers with the same units.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SeenServers {
    /// Those whose agent answers.
    pub online: Vec<String>,
    /// Those with a unit that does not exist, or whose command failed.
    pub wrong: Vec<Wrong>,
    /// Why they could not be looked at.
    pub error: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Wrong {
    pub id: String,
    pub status: String,
    /// Those that do not exist, separated by spaces; the first few.
    #[serde(default)]
    pub units: String,
}

/// Looks that failed: what was not seen may be wrong.
pub(super) fn unseen(seen: &Seen) -> Vec<Finding> {
    let of = |(what, error): (&String, &String)| {
        let remedy =
            "ask again; if it stays so, the role of the checkup workflow or a policy of the organisation denies it";
        Finding::fails("not_seen", format!("{what}: {error}"), remedy)
    };
    let of_servers = seen.servers.iter().filter_map(|servers| servers.error.as_ref());
    let servers = of_servers.map(|error| of((&"units of servers".to_owned(), error)));
    seen.errors.iter().map(of).chain(servers).collect()
}

pub(super) fn mail(seen: &Seen) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(account) = &seen.account {
        if !account.production {
            let remedy = "ask for production access in the SES console; until then only verified addresses get mail";
            found.push(Finding::fails("mail_sandbox", "Amazon SES is in its sandbox", remedy));
        }
        let enforced = account.enforcement.as_deref().filter(|status| *status == "SHUTDOWN");
        if !account.sending || enforced.is_some() {
            let remedy = "see the account dashboard of the SES console; no mail is sent at all";
            found.push(Finding::fails("mail_paused", "Amazon SES has paused this account's sending", remedy));
        }
    }
    let is_verified = |identity: &Option<Identity>| identity.as_ref().is_some_and(|identity| identity.verified);
    let was_seen = !["address", "domain"].iter().any(|what| seen.errors.contains_key(*what));
    if was_seen && !is_verified(&seen.address) && !is_verified(&seen.domain) {
        let value = format!("neither {} nor its domain is verified in Amazon SES", seen.sender);
        let remedy = format!("verify it with `aws sesv2 create-email-identity --email-identity {}`", seen.sender);
        found.push(Finding::fails("sender_unverified", value, remedy));
    }
    found
}

/// `asked`: the servers that run and have units.
pub(super) fn servers(seen: &Seen, asked: &BTreeSet<String>) -> Vec<Finding> {
    let unheard = seen.servers.iter().any(|servers| servers.error.is_some());
    let online: BTreeSet<&String> = seen.servers.iter().flat_map(|servers| &servers.online).collect();
    let offline: Vec<&str> = asked.iter().filter(|id| !online.contains(id)).map(String::as_str).collect();
    let mut found = Vec::new();
    if !offline.is_empty() && !unheard {
        let remedy = "see that the SSM agent runs, that the server's role has AmazonSSMManagedInstanceCore, and that it \
                      reaches Systems Manager; without it the services cannot be stopped in order";
        found.push(Finding::fails("agent_offline", format!("{}: {}", offline.len(), named(&offline)), remedy));
    }
    let mut unknown: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for wrong in seen.servers.iter().flat_map(|servers| &servers.wrong) {
        let units: Vec<&str> = wrong.units.split_whitespace().collect();
        for unit in &units {
            unknown.entry(unit).or_default().push(&wrong.id);
        }
        if units.is_empty() {
            let remedy = "see the command in Systems Manager, Run Command; the stop of its units may fare the same";
            found.push(Finding::fails(
                "command_failed",
                format!("{}: the look ended as {}", wrong.id, wrong.status),
                remedy,
            ));
        }
    }
    found.extend(unknown.into_iter().map(|(unit, ids)| {
        let remedy = "correct the tag lockstep:services, or install the unit";
        Finding::fails("unit_unknown", format!("{unit} does not exist on {}: {}", ids.len(), named(&ids)), remedy)
    }));
    found
}

/// The first few, and how many more.
pub(super) fn named(ids: &[&str]) -> String {
    let more = ids.len().saturating_sub(5);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", ids[..ids.len().min(5)].join(", "))
}
