extension-not-yours = Only an administrator can choose an extension.
