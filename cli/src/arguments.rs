//! What can be asked.

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

const EXIT_CODES: &str = "\
Exit codes:
  0  done, and nothing is wrong
  1  refused by a rule; the text names the rule, the value and the remedy
  2  the command line could not be read
  3  a call of AWS failed, or AWS could not be reached
  4  doctor or key check found what would make the real day fail

Credentials, profiles and Regions are those of the AWS CLI.";

/// Asks the deployed stack of Lockstep, and tells it what to do.
#[derive(Debug, Parser)]
#[command(name = "lockstep", version, after_help = EXIT_CODES, max_term_width = 110)]
pub struct Arguments {
    #[command(flatten)]
    pub place: Place,
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

/// Where the stack is.
#[derive(Debug, Args)]
pub struct Place {
    /// Name of the CloudFormation stack
    #[arg(long, global = true, env = "LOCKSTEP_STACK", default_value = "lockstep", value_name = "NAME")]
    pub stack: String,
    /// AWS profile, as in ~/.aws/config
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// AWS Region of the stack
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Watched keys
    Key {
        #[command(subcommand)]
        action: Key,
    },
    /// Apps, and who is mailed about them
    App {
        #[command(subcommand)]
        action: App,
    },
    /// What would go down if this key were disabled now, in order
    Plan {
        /// Full ARN of the key, or the id of a watched one
        key: String,
        /// List every resource instead of the first few of each group
        #[arg(long)]
        all: bool,
    },
    /// Every key: its state, its newest run and how much it holds down
    Status {
        /// Full ARN or id of one key: names what it holds, too
        key: Option<String>,
    },
    /// The runs of a key, the newest first
    History {
        /// Full ARN of the key, or the id of a watched one
        key: String,
        /// At most this many runs
        #[arg(long, default_value_t = 20, value_name = "RUNS", value_parser = clap::value_parser!(u16).range(1..))]
        limit: u16,
    },
    /// No new action because of a key until it is resumed
    Pause {
        #[command(flatten)]
        which: Which,
    },
    /// Let a paused key go on; it gets a full grace of its own
    Resume {
        #[command(flatten)]
        which: Which,
    },
    /// Drop the hold on a resource by hand; it will not be started when its key comes on
    Release {
        /// As status and plan name it: i-…, db:…, cluster:…, ecs:…, group:…
        resource: String,
        /// Why; it is kept with the history of its keys
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Walk both workflows for a key, state by state, without touching anything
    Simulate {
        /// Full ARN of the key, or the id of a watched one
        key: String,
        /// List every resource instead of the first few of each step
        #[arg(long)]
        all: bool,
    },
    /// Find everything that would make the real day fail, each with its remedy
    Doctor,
    /// Print a completion script for a shell
    Completions { shell: Shell },
}

#[derive(Debug, Subcommand)]
pub enum Key {
    /// Watch a key
    Add {
        /// Full ARN of the key
        key: String,
    },
    /// Stop watching a key; refused while it holds anything down
    Remove {
        /// Full ARN of the key, or its id
        key: String,
    },
    /// List the watched keys
    List,
    /// Check a key by the rules, whether it is watched or not
    Check {
        /// Full ARN of the key, or the id of a watched one
        key: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum App {
    /// Name the admins of an app
    Set {
        /// Value of the lockstep:app tag
        app: String,
        /// Mail addresses
        #[arg(required = true)]
        admins: Vec<String>,
        /// Language of its mails (en or ja); by default the stack's
        #[arg(long)]
        language: Option<String>,
    },
    /// Forget an app; mails about it go to the operator
    Remove {
        /// Value of the lockstep:app tag
        app: String,
    },
    /// List the apps
    List,
}

/// One key or all of them.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// Full ARN of the key, or the id of a watched one
    pub key: Option<String>,
    /// Every watched key
    #[arg(long)]
    pub all: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed_and_names_its_exit_codes() {
        Arguments::command().debug_assert();
        assert!(Arguments::command().render_help().to_string().contains("4  doctor or key check"));
    }

    #[test]
    fn a_pause_names_one_key_or_all_and_never_both() {
        let read = |line: &str| Arguments::try_parse_from(line.split(' '));
        assert!(read("lockstep pause --all").is_ok() && read("lockstep pause 1234").is_ok());
        assert!(read("lockstep pause").is_err() && read("lockstep pause 1234 --all").is_err());
    }
}
