//! The report: one row for each resource, in both languages.

use lockstep_domain::app::Language;
use lockstep_domain::kind::Kind;
use lockstep_domain::report::{Line, Said};

use crate::both;
use crate::letter::{Table, Tone};
use crate::names::{DETAIL, NAME, safe};
use crate::reasons;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    kind: Kind,
    language: Language,
    id: String,
    name: String,
    units: String,
    /// What somebody must look at comes first, and what is suspended for the sake of others last.
    pub rank: u8,
    pub tone: Tone,
    /// Where it is now, or will be.
    pub state: String,
    /// Why, or with what effect; may be empty.
    pub detail: String,
    /// The detail is a sentence of its own.
    is_reason: bool,
}

impl Row {
    fn of(line: &Line, with_units: bool, language: Language) -> Self {
        let units = if with_units { line.units.join(", ") } else { String::new() };
        let (tone, state, detail) = said(&line.said, language);
        Self {
            kind: line.kind,
            language,
            id: safe(&line.id, NAME),
            name: safe(&line.name, NAME),
            units: safe(&units, DETAIL),
            rank: match line.said {
                Said::Problem(_) => 0,
                Said::WaitsForCapacity(_) => 1,
                _ if line.kind.is_guard() => 3,
                _ => 2,
            },
            tone,
            state,
            detail: safe(&detail, DETAIL),
            is_reason: matches!(line.said, Said::Problem(_) | Said::LeftDown(_)),
        }
    }

    /// What people call it.
    pub fn title(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }

    /// What it is and what else it is called, and what is on it.
    pub fn described(&self) -> Vec<String> {
        let kind = match (self.kind, self.language) {
            (Kind::Server, Language::En) => "server",
            (Kind::Server, Language::Ja) => "サーバー",
            (kind, language) => kind_words(kind, language).trim_end(),
        };
        let id = if self.name.is_empty() { "" } else { &self.id };
        let lines = [format!("{kind} {id}").trim_end().to_owned(), self.units.clone()];
        lines.into_iter().filter(|line| !line.is_empty()).collect()
    }

    /// All of it in one line of text.
    pub fn line(&self) -> String {
        let name = if self.name.is_empty() { String::new() } else { format!(" ({})", self.name) };
        let units = if self.units.is_empty() { String::new() } else { format!(" [{}]", self.units) };
        let kind = kind_words(self.kind, self.language);
        let between = match self.language {
            _ if self.detail.is_empty() => "",
            _ if self.is_reason => ": ",
            Language::En => ", ",
            Language::Ja => "、",
        };
        format!("{kind}{}{name}{units}: {}{between}{}", self.id, self.state, self.detail)
    }
}

/// What stands before an id; nothing before a server's, which tells its kind itself.
fn kind_words(kind: Kind, language: Language) -> &'static str {
    let (en, ja) = match kind {
        Kind::Server => ("", ""),
        Kind::Database => ("database ", "データベース "),
        Kind::Cluster => ("database cluster ", "データベースクラスター "),
        Kind::ContainerService => ("ECS service ", "ECS サービス "),
        Kind::Group => ("Auto Scaling group ", "Auto Scaling グループ "),
        Kind::ScalableTarget => ("scaling of ECS service ", "ECS サービスのスケーリング "),
    };
    match language {
        Language::En => en,
        Language::Ja => ja,
    }
}

/// Its tone; where it is; why or with what effect.
fn said(said: &Said, language: Language) -> (Tone, String, String) {
    let words = |tone, en: [&str; 2], ja: [&str; 2]| {
        let [state, detail] = match language {
            Language::En => en,
            Language::Ja => ja,
        };
        (tone, state.to_owned(), detail.to_owned())
    };
    let so_that = ["so that it leaves alone what is stopped", "停止したものを元に戻さないようにするため"];
    match said {
        Said::Problem(reason) => {
            let (tone, state, _) = words(Tone::Problem, ["PROBLEM", ""], ["問題", ""]);
            (tone, state, reasons::told(&safe(reason, DETAIL), language))
        }
        Said::LeftDown(reason) => {
            let (tone, state, _) = words(Tone::Nothing, ["left down", ""], ["停止のまま", ""]);
            (tone, state, reasons::told(&safe(reason, DETAIL), language))
        }
        Said::WaitsForCapacity(reason) => {
            let (tone, state, detail) = words(
                Tone::Ahead,
                ["waits for capacity", "AWS has no free machine for it now, and it is tried again"],
                ["空き待ち", "AWS に空きがないため、自動的に再試行します"],
            );
            (tone, state, format!("{detail} (AWS: {})", safe(reason, DETAIL)))
        }
        Said::StoppedAgain(days) => {
            let (tone, state, _) = words(Tone::Stopped, ["stopped again", ""], ["再度停止", ""]);
            let detail = both!(
                language,
                "for AWS had started it, {days} days after it was stopped first",
                "AWS により起動されたため (最初の停止から {days} 日)"
            );
            (tone, state, detail)
        }
        Said::TakenDown => words(
            Tone::Stopped,
            ["down", "and RDS has lost access to its storage; it starts when the key is on, within 7 days of that"],
            ["停止中", "RDS がストレージにアクセスできません。その時点から 7 日以内にキーが有効になれば再開します"],
        ),
        Said::WillStop => words(Tone::Ahead, ["will be stopped", ""], ["停止予定", ""]),
        Said::Stopped => words(Tone::Stopped, ["stopped", ""], ["停止済み", ""]),
        Said::Started => words(Tone::Running, ["running again", ""], ["稼働中", ""]),
        Said::WillSuspend => words(Tone::Ahead, ["will be suspended", so_that[0]], ["一時停止予定", so_that[1]]),
        Said::Suspended => words(Tone::Stopped, ["suspended", so_that[0]], ["一時停止済み", so_that[1]]),
        Said::Resumed => words(Tone::Running, ["at work again", ""], ["再開済み", ""]),
        Said::NotManaged => words(Tone::Nothing, ["uses this key", "not managed"], ["このキーを使用", "管理対象外"]),
        Said::Excluded => words(
            Tone::Nothing,
            ["excluded by its lockstep:exclude tag", "not touched"],
            ["対象外", "lockstep:exclude タグのため操作なし"],
        ),
        Said::WasStoppedBefore => {
            words(Tone::Nothing, ["was already stopped", "left as it was"], ["以前から停止", "操作なし"])
        }
        Said::Gone => words(Tone::Nothing, ["no longer exists", ""], ["すでに存在しません", ""]),
        Said::PartOf => {
            words(Tone::Nothing, ["stops and starts with its cluster", ""], ["クラスターとともに停止・再開します", ""])
        }
        Said::Daemon => words(
            Tone::Nothing,
            ["a daemon", "stops and starts with its servers"],
            ["デーモン", "サーバーとともに停止・再開します"],
        ),
        Said::OnAnotherKey => words(
            Tone::Nothing,
            ["follows a database that uses this key", "uses another key itself, not touched"],
            ["このキーを使用するデータベースのレプリカ", "自身は別のキーを使用しているため操作なし"],
        ),
        Said::NotReached => words(Tone::Nothing, ["not touched", ""], ["操作なし", ""]),
    }
}

/// What is of the reader's app, and what is nobody's; a table without rows is left out.
pub(crate) fn tables(yours: &[Line], unmanaged: &[Line], is_off: bool, language: Language) -> Vec<Table> {
    let head = |state: String| [both!(language, "What", "対象"), state];
    let mut tables = Vec::new();
    if !yours.is_empty() {
        let count = yours.len();
        let title = both!(
            language,
            "Your servers, services and databases ({count})",
            "対象のサーバー、サービス、データベース ({count} 件)"
        );
        let rows = yours.iter().map(|line| Row::of(line, true, language)).collect();
        tables.push(Table::new(title, None, head(both!(language, "State", "状態")), rows));
    }
    if !unmanaged.is_empty() {
        let count = unmanaged.len();
        let title = both!(language, "Not managed by Lockstep ({count})", "Lockstep の管理対象外 ({count} 件)");
        let mut intro = both!(
            language,
            "These use the same key and have no lockstep:app tag. Lockstep does not touch them.",
            "次のリソースも同じキーを使用していますが、lockstep:app タグがないため、Lockstep は操作しません。"
        );
        if is_off {
            intro.push_str(&both!(
                language,
                " Without the key they may fail.",
                "キーが無効の間は動作しなくなるおそれがあります。"
            ));
        }
        let rows = unmanaged.iter().map(|line| Row::of(line, false, language)).collect();
        tables.push(Table::new(title, Some(intro), head(both!(language, "State", "状態")), rows));
    }
    tables
}
