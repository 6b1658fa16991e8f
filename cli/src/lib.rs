//! The operator's tool. It knows no fleet: what the fleet looks like it asks the deployed stack, and what it changes
//! it has the stack's own functions change, by the same rules.

mod apps;
mod arguments;
mod deployed;
mod doctor;
mod history;
mod holds;
mod keys;
mod pausing;
mod plan;
mod report;
mod simulate;
mod status;
mod tables;
mod times;
mod trouble;
mod wait;
mod walk;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::arguments::{App, Arguments, Command, Key};
use crate::deployed::Deployed;
use crate::report::Report;
use crate::trouble::Trouble;

/// Reads the arguments, does what they ask and prints what came of it; the exit codes are told by `--help`.
pub async fn run() -> ExitCode {
    let arguments = Arguments::parse();
    if let Command::Completions { shell } = arguments.command {
        clap_complete::generate(shell, &mut Arguments::command(), "lockstep", &mut std::io::stdout());
        return ExitCode::SUCCESS;
    }
    let json = arguments.json;
    let code = match Box::pin(carry_out(arguments)).await {
        Ok(report) => report.print(json),
        Err(trouble) => trouble.print(json),
    };
    // A reader that has seen enough closes the pipe.
    let _ = std::io::stdout().flush();
    ExitCode::from(code)
}

async fn carry_out(arguments: Arguments) -> Result<Report, Trouble> {
    let stack = Deployed::find(&arguments.place).await?;
    match arguments.command {
        Command::Key { action } => match action {
            Key::Add { key } => keys::add(&stack, &key).await,
            Key::Remove { key } => keys::remove(&stack, &key).await,
            Key::Check { key } => keys::check(&stack, &key).await,
            Key::List => keys::list(&stack).await,
        },
        Command::App { action } => match action {
            App::Set { app, admins, language } => apps::set(&stack, &app, &admins, language.as_deref()).await,
            App::Remove { app } => apps::remove(&stack, &app).await,
            App::List => apps::list(&stack).await,
        },
        Command::Status { key: None } => status::of_all(&stack).await,
        Command::Status { key: Some(key) } => status::of_one_key(&stack, &key).await,
        Command::History { key, limit } => history::of_key(&stack, &key, limit).await,
        Command::Pause { which } => pausing::pause(&stack, &which).await,
        Command::Resume { which } => pausing::resume(&stack, &which).await,
        Command::Release { resource, reason } => holds::release(&stack, &resource, &reason).await,
        Command::Plan { key, all } => plan::of_key(&stack, &key, all).await,
        Command::Simulate { key, all } => simulate::of_key(&stack, &key, all).await,
        Command::Doctor => doctor::of_stack(&stack).await,
        Command::Completions { .. } => Ok(Report::default()),
    }
}
