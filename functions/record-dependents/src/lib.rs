//! Takes one page of what may use the key and writes what the run will do with each resource that does.

use lockstep_aws::clock;
use lockstep_aws::error::Failure;
use lockstep_aws::lambda;
use lockstep_aws::ledger::Ledger;
use lockstep_domain::container::{ServiceRow, see_service};
use lockstep_domain::database::{ClusterRow, DatabaseRow, see_cluster, see_database};
use lockstep_domain::error::Refusal;
use lockstep_domain::hold::Hold;
use lockstep_domain::key::KeyArn;
use lockstep_domain::kind::Kind;
use lockstep_domain::plan::{PlannedResource, Round, noted, plan_resource};
use lockstep_domain::resource::{ResourceId, SeenResource, StatusRow};
use lockstep_domain::run::RunRef;
use lockstep_domain::scaling::{ScalingRow, see_scaling};
use lockstep_domain::server::{TagRow, join};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Deserialize)]
struct Input {
    run: RunRef,
    round: Round,
    page: Page,
}

/// A page of one kind; the others are empty. A list of another name must not pass for an empty page.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Page {
    /// Rows of `ec2:DescribeInstanceStatus`, of servers that use the key.
    states: Vec<StatusRow>,
    /// Rows of `ec2:DescribeTags`.
    tags: Vec<TagRow>,
    /// Rows of `rds:DescribeDBInstances`, whatever their key.
    databases: Vec<DatabaseRow>,
    /// Rows of `rds:DescribeDBClusters`, whatever their key.
    clusters: Vec<ClusterRow>,
    /// Rows of `autoscaling:DescribeAutoScalingGroups`, of groups with members that use the key.
    groups: Vec<ScalingRow>,
    /// Rows of `ecs:DescribeServices`, of services that use the key.
    services: Vec<ServiceRow>,
    /// Rows of `application-autoscaling:DescribeScalableTargets`, of these services.
    targets: Vec<ScalingRow>,
}

impl Page {
    fn seen(self, key: &KeyArn) -> Result<Vec<SeenResource>, Refusal> {
        let mut seen = join(self.states, self.tags)?;
        for row in self.databases {
            seen.extend(see_database(row, key)?);
        }
        for row in self.clusters {
            seen.extend(see_cluster(row, key)?);
        }
        for row in self.groups {
            seen.push(see_scaling(Kind::Group, row)?);
        }
        for row in self.services {
            // A target has no tags of its own: it is asked for what its service is.
            let target = self.targets.iter().find(|target| row.is_scaled_by(&target.name));
            let tags = row.tags.clone();
            seen.push(see_service(row, target.is_some())?);
            if let Some(target) = target {
                seen.push(see_scaling(Kind::ScalableTarget, ScalingRow { tags, ..target.clone() })?);
            }
        }
        Ok(seen)
    }
}

#[derive(Debug, Serialize)]
pub struct Answer {
    /// How many resources were recorded.
    pub recorded: usize,
}

pub async fn handle(ledger: &Ledger, input: Value) -> Result<Answer, Failure> {
    let Input { run, round, page } = lambda::read(input)?;
    check_round(&run, round)?;
    let seen = page.seen(&run.key)?;
    let ids: Vec<ResourceId> = seen.iter().map(|resource| resource.id.clone()).collect();
    let holds = ledger.holds(&ids).await?;
    let planned: Vec<PlannedResource> =
        seen.iter().map(|resource| plan_resource(resource, holds.get(&resource.id), &run.key, round)).collect();
    ledger.put_resources(&run.run, &planned).await?;
    let now = clock::now();
    let noted: Vec<Hold> =
        planned.iter().filter_map(|resource| noted(resource, holds.get(&resource.id), &run.key, now)).collect();
    ledger.write_holds(&run, &noted).await?;
    let reason = format!("{} resources of a page use the key", planned.len());
    tracing::info!(decision = "recorded", reason, run.name = %run.run, round = ?round, "dependents recorded");
    Ok(Answer { recorded: planned.len() })
}

/// A preview under the name of a run would change the plan that the run acts on.
fn check_round(run: &RunRef, round: Round) -> Result<(), Refusal> {
    if run.run.is_preview() == (round == Round::Preview) {
        return Ok(());
    }
    let remedy = "start a preview under a name of its own, <key id>-preview-<anything>";
    Err(Refusal::new("preview_of_a_run", "run", run.run.as_str(), remedy))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_preview_does_not_write_into_the_plan_of_a_run() {
        let run = |name: &str| -> RunRef {
            let key = "arn:aws:kms:eu-west-1:111122223333:key/k1";
            serde_json::from_value(json!({ "run": name, "key": key, "epoch": 0 })).unwrap()
        };
        assert!(check_round(&run("k1-preview-1"), Round::Preview).is_ok());
        assert!(check_round(&run("k1-3-shutdown-1"), Round::Warning).is_ok());
        for (name, round) in [("k1-3-shutdown-1", Round::Preview), ("k1-preview-1", Round::Shutdown)] {
            assert_eq!(check_round(&run(name), round).unwrap_err().rule, "preview_of_a_run");
        }
    }

    #[test]
    fn a_list_of_another_name_is_no_empty_page() {
        let read = |page: Value| serde_json::from_value::<Page>(page);
        assert!(read(json!({ "databases": [] })).is_ok());
        assert!(read(json!({ "instances": [] })).is_err());
    }
}
