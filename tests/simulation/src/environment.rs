//! The environment that template.yaml gives the functions.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// Variables of every function, with the template's defaults.
const VARIABLES: [(&str, &str); 14] = [
    ("AWS_REGION", "eu-west-1"),
    ("LEDGER_TABLE", "ledger"),
    ("DEFAULT_LANGUAGE", "en"),
    ("GRACE_PERIOD_MINUTES", "10"),
    ("MAX_SERVERS_PER_RUN", "0"),
    ("WHEN_A_SERVICE_WILL_NOT_STOP", "proceed"),
    ("SENDER_ADDRESS", "lockstep@example.com"),
    ("OPERATOR_ADDRESS", "operator@example.com"),
    ("CONFIGURATION_SET", "mails"),
    ("SHUTDOWN_STATE_MACHINE_ARN", "arn:aws:states:eu-west-1:111122223333:stateMachine:lockstep-shutdown"),
    ("STARTUP_STATE_MACHINE_ARN", "arn:aws:states:eu-west-1:111122223333:stateMachine:lockstep-startup"),
    ("NOTICE_STATE_MACHINE_ARN", "arn:aws:states:eu-west-1:111122223333:stateMachine:lockstep-notice"),
    ("ACCOUNT_ID", "111122223333"),
    ("ACCOUNT_ROOT", "arn:aws:iam::111122223333:root"),
];

/// Makes sure of the variables. A process cannot safely set its own, so it becomes itself once more with them.
pub fn ensure() -> std::io::Result<()> {
    if VARIABLES.iter().all(|(name, value)| std::env::var(name).is_ok_and(|now| now == *value)) {
        return Ok(());
    }
    let mut again = Command::new(std::env::current_exe()?);
    Err(again.args(std::env::args_os().skip(1)).envs(VARIABLES).exec())
}
