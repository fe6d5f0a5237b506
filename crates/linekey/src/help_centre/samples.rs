//! Articles of a provider that stories are told with, in folders of their own.

use std::path::Path;

use crate::testing::{Folder, Portal};

/// A step with a picture, values, questions, a table and code.
pub(super) const MOOR: &str = r#"+++
title = "Moor a boat"
summary = "How to bring a boat to the quay and keep it there."
order = 1
related = ["harbour/tie-a-knot"]

[pictures.rope]
page = "/phones"
as = "user"
control = "a[href='/phones']"
+++

Every boat of {{portal-name}} has a place. Ask {{support}} for yours, and see [your phones](/phones).

## Bring her in

1. Open **Phones**.

   ![The list of boats of {{support}}, with "Moor" outlined](rope)
2. Throw the rope.
   - Not at anybody. [Or ask {{support}}](/help).
3. Tie a [knot](/help/harbour/tie-a-knot) within {{reset-link-lasts}}.

## What a rope must be

A rope is chosen like a password:

{{password-rules}}

| rope | for |
|:---|---:|
| thin | dinghies |
| thick | `ferries` & "tugs" |

```
linekey doctor <place>
```

## Questions and answers

### Does the kestrel on the mast matter?

No. It leaves by itself when {{portal-name}} closes.

### What if it's raining?

Then you get wet.
"#;

pub(super) const KNOT: &str = r#"+++
title = "Tie a knot"
summary = "A knot that holds, for whoever runs the harbour."
order = 2
audience = "administrators"
related = ["harbour/moor-a-boat"]
+++

Take the lantern first.

## With the left hand

1. Cross the ends.
2. Pull.

## With the right hand

1. Do the same, but quicker.
"#;

pub(super) const TIDE: &str = r#"+++
title = "Read the tide table"
summary = "When there is water, and when there is mud."
order = 3
+++

The tide comes twice a day. Passwords don't.
"#;

const HARBOUR: &str = r#"+++
title = "Harbour"
summary = "Boats, ropes and water."
order = 90
+++
"#;

/// The beginning of a PNG of 800 x 400 pixels, which is all that anybody looks at.
pub(super) fn png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend_from_slice(&800_u32.to_be_bytes());
    bytes.extend_from_slice(&400_u32.to_be_bytes());
    bytes.extend_from_slice(&[8, 2, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

/// Puts a file into a folder of articles.
pub(super) fn put(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
    std::fs::write(path, content).expect("a file");
}

/// A category with three articles, of which one has a picture for light and dark.
pub(super) fn write(folder: &Path) {
    put(folder, "harbour/index.md", HARBOUR);
    put(folder, "harbour/moor-a-boat.md", MOOR);
    put(folder, "harbour/tie-a-knot.md", KNOT);
    put(folder, "harbour/read-the-tide.md", TIDE);
    put(folder, "harbour/moor-a-boat.rope.light.png", png());
    let mut dark = png();
    dark.push(1);
    put(folder, "harbour/moor-a-boat.rope.dark.png", dark);
}

/// The portal with these articles, and where they are.
pub(super) async fn with_articles(p: Portal) -> (Portal, Folder) {
    let folder = Folder::new();
    write(folder.path());
    let own = folder.path().to_owned();
    let p = p.restart_with(|config| config.help.folder = own).await;
    (p, folder)
}
