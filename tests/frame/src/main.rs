//! Makes the template of the HTML part of a mail from its page in MJML, a language for mails that look the same in
//! every mail program.
//!
//! This is done once for each change of the page, so that no Lambda carries the library, and so that the compiler
//! checks the template that comes out. `cargo run -p lockstep-frame` writes it.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use mrml::prelude::render::RenderOptions;

const PAGE: &str = "mail.mjml";
const TEMPLATE: &str = "../../functions/shared/mail/templates/mail.html";

// Asked for when it runs: clones that share a target directory share this program, too.
fn file(name: &str) -> Result<PathBuf, env::VarError> {
    Ok(PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join(name))
}

fn made() -> Result<String, Box<dyn Error>> {
    let page = mrml::parse(fs::read_to_string(file(PAGE)?)?)?;
    let html = page.element.render(&RenderOptions::default())?;
    // Lines that a person can compare.
    Ok(html.replace("<tr>", "\n<tr>").replace("</head>", "\n</head>\n") + "\n")
}

fn main() -> Result<(), Box<dyn Error>> {
    fs::write(file(TEMPLATE)?, made()?)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_what_the_page_makes() {
        assert_eq!(
            fs::read_to_string(file(TEMPLATE).unwrap()).unwrap(),
            made().unwrap(),
            "cargo run -p lockstep-frame writes it anew"
        );
    }
}
