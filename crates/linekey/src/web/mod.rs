//! Plumbing between HTTP and the features: forms, cookies, headers, errors, the frame. Knows no feature.

#[cfg(all(test, feature = "outside"))]
mod accessibility_tests;
pub mod answer;
pub mod assets;
#[cfg(all(test, feature = "outside"))]
mod browser_tests;
pub mod client_address;
pub mod cookies;
pub mod flash;
pub mod flow;
pub mod form;
pub mod gate;
pub mod origin;
pub mod page;
pub mod qr;
#[cfg(test)]
mod tests;
