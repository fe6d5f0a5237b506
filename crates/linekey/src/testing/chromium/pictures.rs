//! Pictures of pages, at the width of a phone and of a desk, light and dark: for the eye, and for the documentation.

use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::Chromium;
use crate::testing::{Engine, Portal};

/// A window on a desk.
pub(super) const WIDE: u32 = 1280;
/// A phone held upright.
const NARROW: u32 = 390;
/// The pane of a mail program on a desk.
const PANE: u32 = 700;
/// A sheet of A4 without its margins, at 96 dots an inch.
const SHEET: u32 = 718;
/// The narrowest window that WCAG speaks of, which is also a wide one at 400 %.
const NARROWEST: u32 = 320;
/// Loads every picture of a page.
const LOAD: &str = "Promise.all([...document.images].map((one) => {
    one.loading = 'eager';
    return one.decode().catch(() => null);
})).then(() => 0)";

impl Chromium {
    /// Puts pictures of the whole page into `target/shots`, and checks that none needs scrolling sideways and that
    /// everybody can use it, on the narrowest screens too.
    ///
    /// Pages do not depend on the database: pictures are taken on one of them. The window is wide and light afterwards.
    pub(crate) async fn picture(&self, portal: &Portal, name: &str) {
        self.pictures(portal, name, [NARROWEST, NARROW, WIDE]).await;
    }

    /// The same of a mail, as wide as mail programs show it.
    pub(crate) async fn picture_of_mail(&self, portal: &Portal, name: &str) {
        self.pictures(portal, name, [NARROWEST, NARROW, PANE]).await;
    }

    async fn pictures(&self, portal: &Portal, name: &str, widths: [u32; 3]) {
        if portal.engine != Engine::Sqlite {
            return;
        }
        for width in widths {
            for scheme in ["dark", "light"] {
                self.appear(width, scheme).await;
                self.passes_axe(&format!("{name}, {width} wide, {scheme}")).await;
                let png = self.whole_page(name, width).await;
                if width != NARROWEST {
                    write(
                        &target().join("shots").join(format!("{name}-{width}-{scheme}.png")),
                        &png,
                    );
                }
            }
        }
        self.appear(WIDE, "light").await;
    }

    /// Prints the page on A4 and on Letter, which must take one sheet each, and puts a picture of the sheet beside the others.
    pub(crate) async fn prints_on_one_sheet(&self, portal: &Portal, name: &str) {
        for (paper, width, height) in [("a4", 8.27, 11.69), ("letter", 8.5, 11.0)] {
            let size = json!({ "paperWidth": width, "paperHeight": height, "printBackground": false });
            let printed = self.devtools("Page.printToPDF", size).await;
            let pdf = BASE64
                .decode(printed["data"].as_str().expect("a document").as_bytes())
                .expect("base64");
            let sheets = String::from_utf8_lossy(&pdf).matches("/Type /Page\n").count();
            assert_eq!(sheets, 1, "{name} on {paper}");
        }
        if portal.engine != Engine::Sqlite {
            return;
        }
        // The scheme is the screen's: paper is white all the same.
        self.appear(SHEET, "dark").await;
        let features = json!({ "media": "print", "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
        let png = self.whole_page(name, SHEET).await;
        write(&target().join("shots").join(format!("{name}-printed.png")), &png);
        self.devtools("Emulation.setEmulatedMedia", json!({ "media": "" }))
            .await;
        self.appear(WIDE, "light").await;
    }

    /// The picture `docs/pictures/<name>.png`, taken anew when `UPDATE_PICTURES=1` says so.
    #[expect(clippy::disallowed_methods, reason = "a switch for tests alone")]
    pub(crate) async fn picture_of_docs(&self, portal: &Portal, name: &str) {
        let asked = std::env::var("UPDATE_PICTURES").is_ok_and(|value| value == "1");
        if portal.engine == Engine::Sqlite && asked {
            let png = self.whole_page(name, WIDE).await;
            write(&root().join("docs/pictures").join(format!("{name}.png")), &png);
        }
    }

    /// A window as narrow as a phone.
    pub(crate) async fn narrow(&self) {
        self.appear(NARROW, "light").await;
    }

    /// How wide the window is and which colours its owner prefers. Nothing moves, so that pictures stay the same.
    pub(crate) async fn appear(&self, width: u32, scheme: &str) {
        let height = if width < WIDE { 844 } else { 800 };
        self.appear_at((width, height), 1, scheme).await;
    }

    /// The same with so many dots of the screen a pixel.
    pub(super) async fn appear_at(&self, (width, height): (u32, u32), dots: u32, scheme: &str) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": dots, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        let features = [("prefers-color-scheme", scheme), ("prefers-reduced-motion", "reduce")];
        let features = features.map(|(name, value)| json!({ "name": name, "value": value }));
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features }))
            .await;
    }

    /// A picture of all of it.
    pub(crate) async fn whole_page(&self, name: &str, width: u32) -> Vec<u8> {
        // What is loaded when somebody scrolls to it; a browser without script would keep no promise.
        if self.script {
            self.evaluate(LOAD).await;
        }
        let measured = self.devtools("Page.getLayoutMetrics", json!({})).await;
        let Value::Object(size) = &measured["cssContentSize"] else {
            panic!("no size in {measured}")
        };
        let side = |side: &str| size.get(side).and_then(Value::as_f64).expect("a length");
        assert!(
            side("width") <= f64::from(width),
            "{name} is {} wide in a window of {width}",
            side("width")
        );
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": side("height"), "scale": 1 });
        let wanted = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let taken = self.devtools("Page.captureScreenshot", wanted).await;
        BASE64
            .decode(taken["data"].as_str().expect("a picture").as_bytes())
            .expect("base64")
    }
}

/// Writes a picture.
pub(crate) fn write(path: &Path, png: &[u8]) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder of the pictures is writable");
    std::fs::write(path, png).expect("the folder of the pictures is writable");
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder that cargo builds in.
#[expect(clippy::disallowed_methods, reason = "only tests use it")]
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
