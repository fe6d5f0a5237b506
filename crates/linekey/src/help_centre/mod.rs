//! The help centre.

#[cfg(all(test, feature = "outside"))]
mod pictures_tests;
