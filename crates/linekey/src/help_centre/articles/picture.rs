//! Pictures: what may be one, by its content and not by its name.

use std::borrow::Cow;

use data_encoding::HEXLOWER;
use imagesize::ImageType;
use sha2::{Digest, Sha256};

use super::gather::File;

/// What a picture is called behind its name.
pub const ENDINGS: [&str; 4] = ["webp", "png", "jpg", "jpeg"];
/// The most pixels of a side.
const LONGEST: usize = 10_000;

/// For which screens it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Scheme {
    /// As names of files have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// A picture that is one.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Its content type.
    pub kind: &'static str,
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    /// All of it.
    pub bytes: Cow<'static, [u8]>,
    /// Twelve digits that another content would not have.
    pub tag: String,
    /// What the address ends in: `webp`, `png` or `jpg`.
    pub ending: &'static str,
}

impl Picture {
    /// Looks at the first bytes.
    ///
    /// # Errors
    /// When it is no PNG, JPEG or WebP, whatever its name says.
    pub fn of(file: &File) -> Result<Self, String> {
        let allowed = "PNG, JPEG and WebP are allowed";
        let (kind, ending) = match imagesize::image_type(&file.bytes) {
            Ok(ImageType::Png) => ("image/png", "png"),
            Ok(ImageType::Jpeg) => ("image/jpeg", "jpg"),
            Ok(ImageType::Webp) => ("image/webp", "webp"),
            _ => return Err(format!("no picture by its content: {allowed}")),
        };
        let size = imagesize::blob_size(&file.bytes).map_err(|error| format!("{error}; {allowed}"))?;
        if size.width == 0 || size.height == 0 || size.width > LONGEST || size.height > LONGEST {
            return Err(format!("a side of 1 to {LONGEST} pixels is allowed"));
        }
        Ok(Self {
            kind,
            width: size.width,
            height: size.height,
            tag: HEXLOWER.encode(&Sha256::digest(&file.bytes)[..6]),
            bytes: file.bytes.clone(),
            ending,
        })
    }
}
