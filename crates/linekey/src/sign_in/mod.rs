//! Proving who someone is, at the sign-in page and again before a change; and who may not, being disabled.

#[cfg(all(test, feature = "outside"))]
mod browser_tests;
pub mod confirm;
pub mod disable;
#[cfg(test)]
mod museum_tests;
mod next;
pub mod pages;
pub mod remove;
pub mod sign_in;
#[cfg(test)]
mod tests;
