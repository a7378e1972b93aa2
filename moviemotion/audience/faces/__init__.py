"""From frames to face readings assigned to viewers.

The modules, in the order in which the data passes through them:

- `face_registry`: choose the face detector and the emotion model by name or file, or add others.
- `detect`: the built-in face detector, the `FaceBox` objects that it returns, and face crops.
- `face_scheduler`: decide which part of each frame to search, since most frames do not need a complete
  search.
- `orientation`: find out whether the camera was turned on its side or upside down.
- `tracking`: join faces into tracks, and tracks into viewers, by position.
- `identity_switches`: detect that two viewers have changed places, from position and clothing.
- `viewer_identities`: decide who is who after absences and cuts, from hair and clothes.
- `picture_faces`: find faces that are only pictures, and pictures that are shown again.
- `still_faces`, `repeated_faces`: the two kinds of them, still ones and videos that are repeated.
- `face_patches`: the small pictures by which a face is compared with itself.
- `quality`: weight each face by size, blur, light, pose and occlusion, or reject it.
- `emotion_model`: emotion models in ONNX files, including the shipped model.
- `face_readings`: apply these steps to the faces in frames and in single images.
- `onnx_session`, `weights_fingerprint`: load and identify the network files.

The networks themselves are in `models`, together with the model card of the shipped emotion model.
"""
