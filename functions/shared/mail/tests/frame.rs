//! The frame is made of its MJML page, and its colours can be read.

use std::fs;
use std::path::Path;

use mrml::prelude::render::RenderOptions;

const PAGE: &str = "frame/mail.mjml";
const TEMPLATE: &str = "templates/mail.html";

fn here(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn rendered() -> String {
    let page = mrml::parse(here(PAGE)).unwrap();
    let html = page.element.render(&RenderOptions::default()).unwrap();
    // Only what has something to say is put into the mail: MJML's page is otherwise a line of 10,000 characters.
    html.replace("<tr>", "\n<tr>").replace("</head>", "\n</head>\n") + "\n"
}

#[test]
fn the_template_is_what_the_page_of_mjml_makes() {
    let made = rendered();
    if std::env::var_os("LOCKSTEP_WRITE").is_some() {
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(TEMPLATE), &made).unwrap();
    }
    assert_eq!(here(TEMPLATE), made, "LOCKSTEP_WRITE=1 cargo test -p lockstep-mail writes {TEMPLATE} anew");
}
