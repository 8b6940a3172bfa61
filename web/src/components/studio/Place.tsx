import { NativeSelect, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useOwnDepartmentChoices } from "../../api/departments";

interface Props {
  /** department/name, either part may be missing yet. */
  model: string;
  title: string;
  onChange: (model: string, title: string) => void;
}

/** Where the new version is filed: department, name and title. */
export function Place({ model, title, onChange }: Props) {
  const { t } = useTranslation();
  const departments = useOwnDepartmentChoices();
  const slash = model.indexOf("/");
  const [department, name] = slash < 0 ? [model, ""] : [model.slice(0, slash), model.slice(slash + 1)];
  const place = (where: string, called: string) =>
    onChange(where || called ? `${where}/${called}` : "", title);
  return (
    <>
      <NativeSelect
        label={t("common.department")}
        data={[{ value: "", label: t("studio.chooseDepartment") }, ...departments]}
        value={departments.some((each) => each.value === department) ? department : ""}
        onChange={(event) => place(event.currentTarget.value, name)}
        required
      />
      <TextInput
        label={t("register.name")}
        description={t("register.nameHint")}
        value={name}
        onChange={(event) => place(department, event.currentTarget.value.trim())}
        required
        maxLength={63}
        inputWrapperOrder={["label", "input", "description", "error"]}
      />
      <TextInput
        label={t("common.title")}
        value={title}
        onChange={(event) => onChange(model, event.currentTarget.value)}
        maxLength={128}
      />
    </>
  );
}
