//! Every mail in both languages, as it is sent; `LOCKSTEP_WRITE=1 cargo test -p lockstep-mail` writes them anew.

#[cfg(test)]
mod samples;

use std::fs;
use std::path::{Path, PathBuf};

use samples::{LANGUAGES, every};

// Asked for when it runs: clones that share a target directory share this program, too.
fn folder() -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../../tests/fixtures/mails")
}

#[test]
fn every_mail_is_as_it_was_looked_at() {
    let mut told = Vec::new();
    for (language, lang) in LANGUAGES {
        for (name, mail) in every(language) {
            let text = format!("Subject: {}\n\n{}", mail.subject, mail.text);
            for (ending, written) in [("txt", text), ("html", mail.html)] {
                let path = folder().join(format!("{name}.{lang}.{ending}"));
                if std::env::var_os("LOCKSTEP_WRITE").is_some() {
                    fs::create_dir_all(folder()).unwrap();
                    fs::write(&path, &written).unwrap();
                }
                if fs::read_to_string(&path).ok().as_ref() != Some(&written) {
                    told.push(format!("{}", path.display()));
                }
            }
        }
    }
    assert!(told.is_empty(), "these differ; look at them, and write them with LOCKSTEP_WRITE=1: {told:#?}");
}

#[test]
fn no_golden_is_of_a_mail_that_nobody_sends() {
    let names: Vec<&str> = every(LANGUAGES[0].0).into_iter().map(|(name, _)| name).collect();
    for file in fs::read_dir(folder()).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        assert!(names.contains(&file.split('.').next().unwrap()), "{file}");
    }
}
