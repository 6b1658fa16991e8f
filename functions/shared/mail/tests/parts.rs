//! The HTML part as a mail program reads it, and the text part as a terminal shows it.

#[cfg(test)]
mod samples;

use lockstep_domain::app::Language;
use lockstep_domain::kind::Kind;
use lockstep_domain::mail::{Mail, Occasion};
use lockstep_domain::report::Said;
use lockstep_domain::run::Ending;
use samples::{LANGUAGES, every, line, story};
use scraper::{Html, Selector};

fn page(mail: &Mail) -> Html {
    let page = Html::parse_document(&mail.html);
    assert!(page.errors.is_empty(), "{:?} in {}", page.errors, mail.html);
    page
}

#[cfg(test)]
fn found(page: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    page.select(&selector).map(|found| found.text().collect::<Vec<_>>().concat()).collect()
}

/// Without what only holds lines together.
fn flat(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn the_html_part_is_well_formed_and_fetches_and_links_nothing() {
    for (language, lang) in LANGUAGES {
        for (name, mail) in every(language) {
            let page = page(&mail);
            for selector in ["img", "a", "script", "link", "form", "iframe", "[src]", "[href]", "[background]"] {
                assert!(found(&page, selector).is_empty(), "{name}: {selector}");
            }
            assert!(!mail.html.contains("@import") && !mail.html.contains("url("), "{name}");
            assert_eq!(page.root_element().value().attr("lang"), Some(lang));
            assert_eq!(found(&page, "title").concat(), mail.subject);
            assert_eq!(found(&page, "h1").len(), 1, "{name}");
        }
    }
}

#[test]
fn a_report_is_a_table_that_a_screen_reader_can_walk() {
    for (language, _) in LANGUAGES {
        for (name, mail) in every(language) {
            let page = page(&mail);
            for rows in page.select(&Selector::parse("table:has(> thead)").unwrap()) {
                assert_eq!(rows.value().attr("role"), None, "{name}: a table of data is no layout");
                assert_eq!(rows.select(&Selector::parse("thead th[scope=col]").unwrap()).count(), 2, "{name}");
            }
            let of_data = Selector::parse("table:not([role=presentation])").unwrap();
            assert!(page.select(&of_data).all(|table| table.html().contains("<th")), "{name}");
        }
    }
}

#[test]
fn both_parts_say_the_same() {
    for (language, _) in LANGUAGES {
        for (name, mail) in every(language) {
            let (page, text) = (page(&mail), flat(&mail.text.replace("\n! ", "\n")));
            for said in found(&page, "h1, h2, p, pre, td bdi, th") {
                // What the columns are called needs no saying in lines.
                let is_head = ["What", "State", "対象", "状態"].contains(&said.as_str());
                let is_kind = said.starts_with("server") || said.starts_with("サーバー");
                assert!(is_head || is_kind || text.contains(&flat(&said)), "{name}: {said}");
            }
        }
    }
}

#[test]
fn lines_of_text_fit_a_terminal_but_for_ids_and_commands() {
    for (language, _) in LANGUAGES {
        for (name, mail) in every(language) {
            for line in mail.text.lines().filter(|line| !line.contains("arn:aws")) {
                let columns: usize = line.chars().map(|c| if c < '\u{2E80}' { 1 } else { 2 }).sum();
                assert!(columns <= 78, "{name}: {columns} columns: {line}");
            }
        }
    }
}

const HOSTILE: [&str; 9] = [
    "<script>alert(1)</script>",
    "</td></table><h1>All is well</h1>",
    "\"' onmouseover=\"x\" & &lt; &#60; {{ app }} {} {0} {%",
    "db\r\nBcc: everybody@example.com\r\n\r\nHello",
    "nul\0bell\u{7}escape\u{1b}[31mred",
    "\u{202E}txt.exe\u{2066}\u{200F}\u{061C}\u{2028}next",
    "<!--[if mso]><img src=x><![endif]-->--> ]]>",
    "https://example.com/login",
    "\u{0336}\u{0336}\u{0336}\u{0336}\u{0336}z\u{0301}\u{0301}\u{0301}\u{0301}",
];

fn with_names(name: &str, language: Language) -> Mail {
    story(Occasion::Ended(Ending::ShutdownIncomplete), language, |_, lines| {
        let said =
            [Said::Problem(name.to_owned()), Said::LeftDown(name.to_owned()), Said::WaitsForCapacity(name.to_owned())];
        *lines = said.into_iter().map(|said| line(Kind::Server, name, name, &[name], said)).collect();
    })
}

#[test]
fn names_of_others_stay_names() {
    for (language, _) in LANGUAGES {
        let rows = page(&with_names("plain", language)).select(&Selector::parse("*").unwrap()).count();
        for name in HOSTILE {
            let mail = with_names(name, language);
            let page = page(&mail);
            assert_eq!(page.select(&Selector::parse("*").unwrap()).count(), rows, "{name:?} made elements");
            for part in [&mail.subject, &mail.text, &mail.html] {
                let is_hostile = |c: char| {
                    (c.is_control() && c != '\n')
                        || matches!(c, '\u{061C}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}')
                };
                assert!(!part.chars().any(is_hostile), "{name:?}: {part:?}");
                assert!(!part.contains("https://") && !part.contains(&"\u{0336}".repeat(3)), "{name:?}");
            }
            assert!(!mail.subject.contains('\n') && !mail.text.lines().any(|line| line.starts_with("Bcc")));
        }
    }
}

#[test]
fn an_app_with_a_hostile_name_stays_a_name() {
    for (language, _) in LANGUAGES {
        let mail = story(Occasion::GraceStarted, language, |story, _| story.app = Some("<b>\"R&D\"</b> {ends}"));
        assert_eq!(found(&page(&mail), "b"), Vec::<String>::new());
        assert!(mail.subject.contains("<b>\"R&D\"</b> {ends}") && mail.text.contains("<b>\"R&D\"</b> {ends}"));
    }
}

#[test]
fn no_mail_is_cut_by_a_mail_program_whatever_it_lists() {
    for (language, _) in LANGUAGES {
        for (name, problems) in [("db", 3), ("&", 3), ("\"'<&>漢字", 150)] {
            let (long, units) = (name.repeat(10_000), ["u.service"; 40]);
            let mail = story(Occasion::Ended(Ending::ShutdownIncomplete), language, |_, lines| {
                let said = |number| if number >= 237 - problems { Said::Problem(long.clone()) } else { Said::Stopped };
                *lines = (0..237).map(|number| line(Kind::Server, &long, &long, &units, said(number))).collect();
            });
            let page = page(&mail);
            let rows = found(&page, "tr:has(> td.state)").len();
            assert!(mail.html.len() < 100_000 && mail.text.len() < 100_000, "{} bytes", mail.html.len());
            assert!((1..=100).contains(&rows), "{rows} rows");
            assert!(
                mail.text.contains(&format!("{} ", 238 - rows)) && flat(&mail.text).contains("lockstephistory"),
                "{rows}"
            );
            let told = found(&page, "td strong.problem").len();
            assert!(told == problems.min(rows - 1), "problems come first: {told} of {problems} in {rows}");
        }
    }
}

#[test]
fn a_report_of_plain_names_lists_a_hundred_and_counts_the_rest() {
    let mail = story(Occasion::Ended(Ending::ShutdownComplete), Language::En, |_, lines| {
        let server = |number| line(Kind::Server, &format!("i-{number:017x}"), "db", &["a.service"], Said::Stopped);
        *lines = (0..237).map(server).collect();
    });
    assert_eq!(found(&page(&mail), "tr:has(> td.state)").len(), 100);
    assert!(flat(&mail.text).contains("…and138more,noneofthemwithaproblem"), "{}", mail.text);
}
