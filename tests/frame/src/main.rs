//! Makes the template of the HTML part of a mail from its page in MJML, a language for mails that look the same in
//! every mail program.
//!
//! This is done once for each change of the page, so that no Lambda carries the library, and so that the compiler
//! checks the template that comes out. `cargo run -p lockstep-frame` writes it.

use std::error::Error;
use std::fs;

use mrml::prelude::render::RenderOptions;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/mail.mjml");
const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../functions/shared/mail/templates/mail.html");

fn made() -> Result<String, Box<dyn Error>> {
    let page = mrml::parse(fs::read_to_string(PAGE)?)?;
    let html = page.element.render(&RenderOptions::default())?;
    // Lines that a person can compare.
    Ok(html.replace("<tr>", "\n<tr>").replace("</head>", "\n</head>\n") + "\n")
}

fn main() -> Result<(), Box<dyn Error>> {
    fs::write(TEMPLATE, made()?)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_what_the_page_makes() {
        assert_eq!(
            fs::read_to_string(TEMPLATE).unwrap(),
            made().unwrap(),
            "cargo run -p lockstep-frame writes it anew"
        );
    }
}
