//! Says on what the program depends beside its sources.

fn main() {
    // The articles are compiled in: one that is added or removed makes a new program too.
    println!("cargo:rerun-if-changed=../../help");
}
